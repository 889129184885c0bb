// Owns: checking a proof that somebody brings: files by drop, choice or paste, sorted by what is in them, and the verdict.

import { get, post } from "../api.js";
import { announce, h, panel, put } from "../dom.js";
import { bytes, curveOf } from "../format.js";

/** A proof has a few hundred bytes; keys grow with the public inputs. Beyond this it is another file. */
const LARGEST = 8 << 20;

const slots = {
  proof: { title: "Proof", file: "proof.json", is: (value) => value !== null && typeof value === "object" && "pi_a" in value && "pi_b" in value && "pi_c" in value },
  inputs: { title: "Public inputs", file: "public.json", is: (value) => Array.isArray(value) && value.every((one) => typeof one === "string" || typeof one === "number") },
  key: { title: "Verification key", file: "verification_key.json", is: (value) => value !== null && typeof value === "object" && "vk_alpha_1" in value && "IC" in value },
};

export async function verify(main, address, signal) {
  const { circuits } = await get("v1/circuits?include_retired=true", signal);
  const texts = Object.fromEntries(Object.keys(slots).map((name) => [name, h("textarea", { id: `text-${name}`, rows: name === "proof" ? 7 : 4, spellcheck: "false", autocomplete: "off", "aria-describedby": `hint-${name}`, oninput: () => check(name) })]));
  const hints = Object.fromEntries(Object.keys(slots).map((name) => [name, h("p", { class: "hint", id: `hint-${name}` }, `The text of ${slots[name].file}`)]));
  const verdict = h("div", { role: "status", "aria-live": "polite" });
  const told = h("div", { role: "alert" });
  const registered = h("input", { type: "radio", name: "key", id: "key-circuit", checked: circuits.length > 0, disabled: circuits.length === 0, onchange: chooseKey });
  const own = h("input", { type: "radio", name: "key", id: "key-own", checked: circuits.length === 0, onchange: chooseKey });
  const circuit = h("select", { id: "verify-circuit" }, circuits.map((one) => h("option", { value: one.keyHash }, `${one.name} · ${curveOf(one.curve)} · ${one.keyHash.slice(0, 8)}`)));
  const circuitField = h("div", { class: "field" }, h("label", { for: "verify-circuit" }, "Circuit"), circuit);
  const field = (name) => h("div", { class: "field" }, h("label", { for: `text-${name}` }, slots[name].title), texts[name], hints[name]);
  const keyField = field("key");
  const button = h("button", { type: "submit", class: "main" }, "Verify");
  const picker = h("input", { type: "file", multiple: true, accept: ".json,application/json", class: "unseen", tabindex: -1, "aria-hidden": "true", onchange: () => (take(picker.files), (picker.value = "")) });
  const drop = h("div", { class: "drop" },
    h("p", {}, "Drop ", h("code", {}, "proof.json"), ", ", h("code", {}, "public.json"), " and, if it is your own, ", h("code", {}, "verification_key.json"), " here"),
    h("button", { type: "button", onclick: () => picker.click() }, "Choose files"), picker);

  main.append(
    h("div", { class: "head" }, h("h1", {}, "Verify a proof"), h("span", { class: "soft small" }, "Nothing that is brought here is kept")),
    h("form", { class: "pair wide-left", onsubmit: (event) => (event.preventDefault(), run()) },
      h("div", { class: "stack" }, drop, told,
        panel("Statement", null, h("div", { class: "panel-body stack" }, field("proof"), field("inputs")))),
      h("div", { class: "stack" },
        panel("Key", null, h("div", { class: "panel-body stack" },
          h("fieldset", {}, h("legend", {}, "Verify under"),
            h("label", { class: "choice", for: "key-circuit" }, registered, "a registered circuit"),
            h("label", { class: "choice", for: "key-own" }, own, "a key of your own")),
          circuitField, keyField)),
        h("div", { class: "links" }, button, h("button", { type: "reset", onclick: (event) => (event.preventDefault(), clear()) }, "Clear")),
        verdict)));
  chooseKey();

  const guard = (event) => event.preventDefault();
  for (const type of ["dragover", "drop"]) {
    // A file that misses the area must not replace the page.
    addEventListener(type, guard, { signal });
  }
  drop.addEventListener("dragover", () => (drop.dataset.over = ""));
  drop.addEventListener("dragleave", () => delete drop.dataset.over);
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    delete drop.dataset.over;
    take(event.dataTransfer.files);
  });

  function chooseKey() {
    circuitField.hidden = own.checked;
    keyField.hidden = !own.checked;
    put(verdict);
  }

  function clear() {
    Object.keys(slots).forEach((name) => {
      texts[name].value = "";
      check(name);
    });
    put(told);
    texts.proof.focus();
  }

  /** Says what is wrong with a text, as far as that can be said here; true where it may be sent. */
  function check(name) {
    put(verdict);
    const text = texts[name].value.trim();
    const wrong = text === "" ? "" : faultOf(text, slots[name]);
    hints[name].className = wrong ? "wrong" : "hint";
    hints[name].textContent = wrong || `The text of ${slots[name].file}`;
    texts[name].setAttribute("aria-invalid", String(wrong !== ""));
    return text !== "" && wrong === "";
  }

  /** Puts files where they belong, by what is in them. */
  async function take(files) {
    const faults = [];
    const taken = [];
    for (const file of files) {
      if (file.size > LARGEST) {
        faults.push(`${file.name} has ${bytes(file.size)}: a proof, its inputs or a verification key is far smaller. A proving key (.zkey) does not belong here.`);
        continue;
      }
      const text = (await file.text()).trim();
      let value;
      try {
        value = JSON.parse(text);
      } catch {
        faults.push(`${file.name} is not JSON. Expected are the files that snarkjs and this service write.`);
        continue;
      }
      const name = Object.keys(slots).find((slot) => slots[slot].is(value));
      if (!name) {
        faults.push(`${file.name} is neither a proof (pi_a, pi_b, pi_c), nor public inputs (an array of numbers), nor a verification key (vk_alpha_1, IC).`);
        continue;
      }
      texts[name].value = text;
      check(name);
      taken.push(slots[name].title.toLowerCase());
      if (name === "key") {
        own.checked = true;
        chooseKey();
      }
    }
    put(told, faults.map((fault) => h("p", { class: "notice bad" }, fault)));
    if (taken.length > 0) {
      announce(`Taken: ${taken.join(", ")}.`);
    }
  }

  async function run() {
    const needed = own.checked ? ["proof", "inputs", "key"] : ["proof", "inputs"];
    const missing = needed.find((name) => !check(name));
    if (missing) {
      if (!texts[missing].value.trim()) {
        hints[missing].className = "wrong";
        hints[missing].textContent = `${slots[missing].file} is missing.`;
      }
      texts[missing].focus();
      return;
    }
    button.disabled = true;
    try {
      const key = own.checked ? { verificationKey: texts.key.value } : { circuit: circuit.value };
      const answer = await post("v1/verify", { ...key, snarkjsProof: texts.proof.value, snarkjsPublic: texts.inputs.value }, signal);
      const [kind, title, text] = {
        VERDICT_VALID: ["valid", "Valid", "The proof shows the statement of these public inputs."],
        VERDICT_INVALID: ["invalid", "Not valid", "The proof does not show the statement of these public inputs under this key."],
      }[answer.verdict] ?? ["malformed", "Cannot be read", "What was brought is not a proof for this key."];
      put(verdict, h("div", { class: "verdict", "data-kind": kind }, h("strong", {}, title), h("p", {}, answer.message || text)));
    } catch (fault) {
      put(verdict, h("p", { class: "notice bad" }, fault.message));
    } finally {
      button.disabled = false;
    }
  }
}

/** What is wrong with the text of a slot; empty where it may be right. */
function faultOf(text, slot) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return "This is not JSON.";
  }
  if (slot.is(value)) {
    return "";
  }
  const other = Object.values(slots).find((one) => one.is(value));
  return other ? `This is a ${other.file}; it belongs under ${other.title}.` : `This is not what a ${slot.file} holds.`;
}
