// Owns: the list of circuits, and the keys in the memory of this process.

import { get, post } from "../api.js";
import { announce, h, panel, putRows, table } from "../dom.js";
import { bytes, count, curveOf, duration, many, moment, secondsOf, shortHash } from "../format.js";

export async function circuits(main, { info }, signal) {
  const [answer, keys] = await Promise.all([get("v1/circuits?include_retired=true", signal), get("v1/keys", signal)]);
  const names = new Map(answer.circuits.map((circuit) => [circuit.keyHash, circuit.name]));
  const isAdmin = info.scopes.includes("admin");
  const list = table("Circuits", [["Name"], ["Curve", "less"], ["Constraints", "num"], ["Public inputs", "num less"], ["Key", "num less"], ["Proving takes", "num"], ["Registered", "num less"]]);
  putRows(list.body, [...answer.circuits].sort((a, b) => a.retired - b.retired), (circuit) => circuit.keyHash, (circuit) => h("tr", {},
    h("th", { scope: "row", class: "break" }, h("a", { href: `#/circuits/${circuit.keyHash}` }, circuit.name), " ", marks(circuit)),
    h("td", { class: "less" }, curveOf(circuit.curve)),
    h("td", { class: "num" }, Number(circuit.constraints) ? count(circuit.constraints) : "–"),
    h("td", { class: "num less" }, count(circuit.publicInputs)),
    h("td", { class: "num less" }, bytes(circuit.keyBytes)),
    h("td", { class: "num" }, duration(secondsOf(circuit.expectedProving))),
    h("td", { class: "num less" }, moment(circuit.registered))));

  const memory = table("Keys in memory", [["Circuit"], ["Takes", "num"], ["Jobs", "num less"], ["Used last", "num less"], ...(isAdmin ? [["", "num"]] : [])]);
  const used = h("span");
  const none = h("p", { class: "empty" }, "None. A key is loaded when its first job comes, or ahead of it on the circuit's page.");
  const fault = h("p", { class: "notice bad", role: "alert", hidden: true });
  const showKeys = (state) => {
    used.textContent = `${bytes(state.bytes)} of ${bytes(state.budgetBytes)}`;
    memory.element.hidden = !(none.hidden = state.keys.length > 0);
    putRows(memory.body, state.keys, (key) => key.keyHash, (key) => h("tr", {},
      h("th", { scope: "row", class: "break" }, h("a", { href: `#/circuits/${key.keyHash}` }, names.get(key.keyHash) ?? shortHash(key.keyHash))),
      h("td", { class: "num" }, bytes(key.bytes)),
      h("td", { class: "num less" }, count(key.users)),
      h("td", { class: "num less" }, moment(key.lastUsed)),
      isAdmin ? h("td", { class: "num" }, h("button", { type: "button", class: "quiet", "aria-label": `Evict the key of ${names.get(key.keyHash) ?? key.keyHash}`, onclick: () => evict(key) }, "Evict")) : null));
  };
  const evict = async (key) => {
    try {
      showKeys(await post(`v1/keys/${key.keyHash}:evict`));
      announce("The key is out of memory.");
      fault.hidden = true;
    } catch (refusal) {
      fault.textContent = refusal.message;
      fault.hidden = false;
    }
  };
  showKeys(keys);
  main.append(
    h("div", { class: "head" }, h("h1", {}, "Circuits"), h("span", { class: "soft small" }, `${many(answer.circuits.filter((circuit) => !circuit.retired).length, "circuit")} in use`)),
    h("div", { class: "stack" },
      h("section", { class: "panel", "aria-label": "Circuits" }, answer.circuits.length > 0 ? list.element
        : h("p", { class: "empty" }, "No circuit is registered. ", h("code", {}, "zkps registry add --zkey KEY"), " brings one.")),
      fault,
      panel("Keys in memory", used, memory.element, none)));
}

/** What is particular about a circuit. */
export const marks = (circuit) => [
  circuit.retired ? [h("span", { class: "tag" }, "retired"), " "] : null,
  circuit.insecure ? h("span", { class: "tag warn", title: "Its key has no contribution: whoever made it can forge proofs." }, "for tests only") : null,
  circuit.origin?.contributions > 0 ? [" ", h("span", { class: "tag", title: `Transcript ${circuit.origin.transcriptHash}` }, many(circuit.origin.contributions, "contribution"))] : null,
];
