// Owns: one circuit: its figures and inputs, what verifies its proofs, its key in memory, and taking it out of use.

import { get, post } from "../api.js";
import { announce, confirm, facts, h, panel, put, save, table } from "../dom.js";
import { bytes, count, curveOf, duration, many, moment, secondsOf } from "../format.js";
import { marks } from "./circuits.js";

/** Where a key came from, by its own record. */
const setupOf = (origin) => origin.contributions > 0
  ? [`${many(origin.contributions, "contribution")}${origin.endsWithBeacon ? ", the last a beacon" : ""}; transcript `, h("code", { class: "break" }, origin.transcriptHash)]
  : "no contribution on record: one party made the key";

export async function circuit(main, { values: [name], info }, signal) {
  let current = await get(`v1/circuits/${encodeURIComponent(name)}`, signal);
  let keys = await get("v1/keys", signal);
  const isAdmin = info.scopes.includes("admin");
  const title = h("span");
  const fault = h("div");
  const figures = h("div", { class: "panel-body" });
  const memory = h("div", { class: "panel-body links" });
  const actions = h("div", { class: "actions" });
  const short = current.keyHash.slice(0, 12);

  const act = (button, work) => button.addEventListener("click", async () => {
    button.disabled = true;
    put(fault);
    try {
      await work();
    } catch (refusal) {
      put(fault, h("p", { class: "notice bad", role: "alert" }, refusal.message));
    } finally {
      button.disabled = false;
    }
  });
  const download = (text, work) => {
    const button = h("button", { type: "button" }, text);
    act(button, work);
    return button;
  };

  const load = h("button", { type: "button" }, "Load into memory");
  act(load, async () => {
    keys = await post(`v1/keys/${current.keyHash}:preload`);
    announce("The key is in memory.");
    show();
  });
  const evict = h("button", { type: "button" }, "Evict from memory");
  act(evict, async () => {
    keys = await post(`v1/keys/${current.keyHash}:evict`);
    announce("The key is out of memory.");
    show();
  });
  const retire = h("button", { type: "button", class: "danger" }, "Retire");
  act(retire, async () => {
    if (await confirm(`Retire ${current.name}?`, "It takes no more jobs, and jobs that wait for it fail. Proofs of it can still be fetched and verified.", "Retire")) {
      current = { ...current, ...await post(`v1/circuits/${current.keyHash}:retire`) };
      announce("The circuit is retired.");
      show();
    }
  });

  function show() {
    put(title, marks(current));
    actions.replaceChildren(...(isAdmin && !current.retired ? [retire] : []));
    put(figures, facts(
      ["Key", h("code", {}, current.keyHash)],
      current.origin ? ["Setup", setupOf(current.origin)] : null,
      ...(current.findings ?? []).map((finding) => [finding.severity === "error" ? "Fault" : "Warning", `${finding.message} ${finding.explanation}`]),
      ["Constraint system", current.circuitHash ? h("code", {}, current.circuitHash) : "not known"],
      ["Curve", curveOf(current.curve)],
      ["Constraints", Number(current.constraints) ? count(current.constraints) : "not known"],
      ["Wires", count(current.wires)],
      ["Public inputs", count(current.publicInputs)],
      ["Domain", `2^${Math.round(Math.log2(Number(current.domain)))}`],
      ["Key's file", bytes(current.keyBytes)],
      ["Witness program", current.program || "none: jobs bring witnesses"],
      ["Proving takes", duration(secondsOf(current.expectedProving))],
      ["Registered", moment(current.registered)]));
    const held = keys.keys.find((key) => key.keyHash === current.keyHash);
    memory.replaceChildren(
      h("span", {}, held ? `In memory, ${bytes(held.bytes)}, used by ${count(held.users)} now.` : "Not in memory."),
      ...(isAdmin ? [held ? evict : load] : []));
  }

  const inputs = table("Inputs of a job", [["Name"], ["Type"], ["Visibility"]]);
  inputs.body.append(...(current.inputs ?? []).map((input) => h("tr", {},
    h("th", { scope: "row", class: "mono break" }, input.name),
    h("td", { class: "mono nowrap" }, `field${input.shape.map((length) => `[${length}]`).join("")}`),
    h("td", {}, input.isPublic ? "public" : "private"))));
  show();
  main.append(
    h("div", { class: "head" }, h("p", { class: "crumb" }, h("a", { href: "#/circuits" }, "Circuits")), h("h1", {}, current.name), title, actions),
    h("div", { class: "stack" }, fault,
      h("div", { class: "pair" },
        panel("Circuit", h("a", { href: `#/jobs?circuit=${current.keyHash}` }, "Its jobs"), figures),
        h("div", { class: "stack" },
          panel("Verifying its proofs", null, h("div", { class: "panel-body links" },
            download("verification_key.json", async () => save(`verification_key-${short}.json`, (await get(`v1/circuits/${current.keyHash}/verification-key`, signal)).json, "application/json")),
            download("Solidity verifier", async () => save(`Verifier-${short}.sol`, (await get(`v1/circuits/${current.keyHash}/solidity-verifier`, signal)).source, "text/plain")))),
          panel("Key in memory", `${bytes(keys.bytes)} of ${bytes(keys.budgetBytes)}`, memory),
          current.inputs?.length ? panel("Inputs", null, inputs.element) : null,
          current.exampleInputs ? panel("Example of inputs", null, h("div", { class: "panel-body stack" },
            h("pre", { tabindex: 0, role: "region", "aria-label": "Example of inputs" }, pretty(current.exampleInputs)),
            h("div", { class: "links" }, h("button", { type: "button", onclick: () => save(`${current.program || "inputs"}.json`, current.exampleInputs, "application/json") }, "Download")))) : null))));
}

/** Short enough to be read; the download has all. */
function pretty(json) {
  const most = 4000;
  const text = JSON.stringify(JSON.parse(json), null, 2);
  return text.length > most ? `${text.slice(0, most)}\n…` : text;
}
