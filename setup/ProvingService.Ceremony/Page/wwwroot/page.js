// Owns: what changes on the ceremony's page: the state as it comes, shown as text. Strangers' names are never markup. No framework.

const $ = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text. */
function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Replaces a part only where it differs, and keeps open what was opened, and the focus. */
function show(id, ...children) {
  const part = $(id);
  const fresh = h("div", {}, ...children);
  for (const known of part.querySelectorAll("details[open]")) {
    fresh.querySelector(`details[data-key="${CSS.escape(known.dataset.key)}"]`)?.setAttribute("open", "");
  }
  if (part.innerHTML === fresh.innerHTML) {
    return;
  }
  const focused = part.contains(document.activeElement) ? document.activeElement.closest("[data-key]")?.dataset.key : undefined;
  part.replaceChildren(...fresh.childNodes);
  if (focused) {
    (part.querySelector(`[data-key="${CSS.escape(focused)}"] summary`) ?? part.querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus({ preventScroll: true });
  }
}

const facts = (...pairs) => h("dl", { class: "facts" }, pairs.filter((pair) => pair?.[1]).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
const mono = (text) => h("code", {}, text);
const seconds = (duration) => (duration ? Number.parseFloat(duration) : 0);
const time = (stamp) => (stamp ? h("time", { datetime: stamp }, new Date(stamp).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })) : null);

/** A duration as one reads it. */
function span(value) {
  if (value < 1) {
    return "under a second";
  }
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const at = units.findIndex(([size]) => value >= size);
  const [size, unit] = units[at];
  const rest = at + 1 < units.length ? Math.round((value % size) / units[at + 1][0]) : 0;
  return `${Math.floor(value / size)} ${unit}${rest > 0 && size > 1 ? ` ${rest} ${units[at + 1][1]}` : ""}`;
}

/** A contribution's hash as contributors publish it: four lines of four words. */
const hashLines = (hash) => hash.match(/.{32}/g).map((line) => line.match(/.{8}/g).join(" ")).join("\n");

const phases = {
  CEREMONY_PHASE_OPEN: "Open: takes participants",
  CEREMONY_PHASE_CLOSED: "Closed: waits for the beacon",
  CEREMONY_PHASE_FINISHING: "Applies the beacon and verifies",
  CEREMONY_PHASE_FINISHED: "Finished: keys and transcript are published",
};

function summary(ceremony) {
  const beacon = ceremony.beacon;
  const when = beacon.available ? time(beacon.available) : `${span(seconds(beacon.afterClose))} after the closing`;
  return [
    facts(
      ["State", h("strong", { class: ceremony.phase === "CEREMONY_PHASE_FINISHED" ? "good" : null }, phases[ceremony.phase] ?? ceremony.phase)],
      ["Needed", `${ceremony.minimumContributions} contributions to each circuit${ceremony.maximumContributions ? `, at most ${ceremony.maximumContributions}` : ""}`],
      ["Closes", ceremony.closed ? ["closed ", time(ceremony.closed)] : time(ceremony.closes)],
      ["Beacon", [beacon.source, ", public from ", when, `, hashed 2^${beacon.iterationsLog} times`]],
      ["Beacon’s value", ceremony.beaconValue && mono(ceremony.beaconValue)],
      ["Ceremony", mono(ceremony.id)],
      ["Receipts’ key", mono([...atob(ceremony.receiptKey)].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join(""))]),
    ceremony.fault ? h("p", { class: "bad" }, ceremony.fault) : null,
  ];
}

function now(circuit, ceremony) {
  if (!circuit.turn) {
    const waiting = ceremony.participants.filter((p) => p.phase === "TICKET_PHASE_WAITING" && p.circuit === circuit.name).length;
    return h("p", { class: "soft" }, ceremony.phase === "CEREMONY_PHASE_OPEN" ? (waiting ? "The next turn begins." : "Nobody contributes now.") : "No more turns.");
  }
  return h("p", { class: "now" },
    "Now ", h("strong", {}, circuit.turn.name),
    h("span", { class: "soft" }, circuit.turn.verifying ? "the contribution is verified" : `at most ${span(seconds(circuit.turn.left))} left`));
}

function circuit(one, ceremony) {
  const waiting = ceremony.participants.filter((p) => p.phase === "TICKET_PHASE_WAITING" && p.circuit === one.name).length;
  const ahead = waiting + (one.turn ? 1 : 0);
  const done = one.contributions.length;
  return h("div", { class: "panel" },
    h("h3", {}, one.name),
    h("p", { class: "soft" }, `${one.curve}, ${Number(one.constraints).toLocaleString()} constraints`),
    now(one, ceremony),
    h("progress", { max: ceremony.minimumContributions, value: Math.min(done, ceremony.minimumContributions), "aria-label": `Contributions to ${one.name}` }),
    h("p", {}, `${done} of at least ${ceremony.minimumContributions} contributions`,
      ceremony.phase === "CEREMONY_PHASE_OPEN" ? h("span", { class: "soft" }, `; a turn takes ${span(seconds(one.expectedTurn))}, who joins now waits ${span(ahead * seconds(one.expectedTurn))}`) : null),
    done ? h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Contributions to ${one.name}`, "data-key": `table-${one.name}` },
      h("table", {},
        h("caption", {}, `Contributions to ${one.name}`),
        h("thead", {}, h("tr", {}, ["No.", "Name", "When", "Contribution hash"].map((title) => h("th", { scope: "col" }, title)))),
        h("tbody", {}, one.contributions.map((c) => h("tr", {},
          h("td", {}, String(c.number)),
          h("th", { scope: "row" }, c.name),
          h("td", {}, time(c.time)),
          h("td", {}, h("details", { "data-key": c.hash + one.name }, h("summary", {}, mono(`${c.hash.slice(0, 16)}…`)), h("pre", {}, hashLines(c.hash))))))))) : null,
    h("details", { "data-key": `files-${one.name}` },
      h("summary", {}, "Hashes of files"),
      facts(
        ["Circuit (.r1cs)", mono(one.r1csHash)],
        ["Phase 1 (.ptau)", mono(one.ptauHash)],
        ["Key at the beginning", mono(one.initialHash)],
        ["Key now", mono(one.currentHash)],
        ["Final key", one.finalHash && mono(one.finalHash)])));
}

const reasons = { EVICTION_REASON_STALLED: "stalled" };

function person(one) {
  const states = {
    TICKET_PHASE_WAITING: ["waits for", "soft"],
    TICKET_PHASE_TURN: ["contributes to", "warn"],
    TICKET_PHASE_DONE: ["has contributed", "good"],
    TICKET_PHASE_EVICTED: [`${reasons[one.reason] ?? "shut out"} at`, "bad"],
    TICKET_PHASE_TOO_LATE: ["came too late", "soft"],
  };
  const [text, kind] = states[one.phase] ?? [one.phase, "soft"];
  return h("tr", {},
    h("td", {}, String(one.ticketNumber)),
    h("th", { scope: "row" }, one.name),
    h("td", {}, h("span", { class: kind }, `${text} ${one.circuit}`.trim()), one.reasonText ? `: ${one.reasonText}` : null),
    h("td", {}, one.attestation ? h("a", { href: one.attestation, "data-key": one.attestation }, `Attestation of ${one.name}`) : "–"));
}

const people = (list) => (list.length === 0
  ? h("p", { class: "soft" }, "Nobody has joined yet.")
  : h("div", { class: "panel scroll", tabindex: 0, role: "region", "aria-label": "Participants", "data-key": "people" },
    h("table", {},
      h("caption", {}, "In the order of the queue"),
      h("thead", {}, h("tr", {}, ["Place", "Name", "State", "Attestation"].map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, list.map(person)))));

function join(ceremony, address) {
  if (ceremony.phase !== "CEREMONY_PHASE_OPEN") {
    return [h("p", {}, "The ceremony takes no participants any more.")];
  }
  return [
    h("p", {}, "With an invitation, or a key that the operator has entered, and zkps on your machine:"),
    h("pre", {}, `zkps ceremony join ${address} --name "YOUR NAME" --token-file invitation.txt`),
    h("p", {}, "It waits for your turn, draws a secret that never leaves your machine, contributes to each circuit, and gives you receipts and a text to publish. It may be stopped and called again."),
  ];
}

function verify(ceremony, address) {
  const folder = "transcript";
  return [
    h("p", {}, "Once it is finished, anyone can replay the whole ceremony from its files, now or in ten years:"),
    h("pre", {}, [`zkps ceremony export ${address} -o ${folder}`, `zkps ceremony verify ${folder}`,
      ...ceremony.circuits.map((one) => `snarkjs zkey verify ${folder}/circuits/${one.name}/circuit.r1cs ${folder}/phase1/${one.ptauHash.slice(0, 16)}.ptau ${folder}/circuits/${one.name}/final.zkey`)].join("\n")),
    h("p", {}, "A contributor compares the contribution hash above with the one that its own machine showed; a receipt proves that the coordinator took it."),
  ];
}

let before = null;

/** Says aloud what somebody who listens would want to know, and no more. */
function announce(ceremony) {
  const count = ceremony.circuits.reduce((sum, one) => sum + one.contributions.length, 0);
  if (before && count > before.count) {
    $("announcer").textContent = `${count} contributions.`;
  } else if (before && ceremony.phase !== before.phase) {
    $("announcer").textContent = phases[ceremony.phase] ?? "";
  }
  before = { count, phase: ceremony.phase };
}

function render({ ceremony, address }) {
  document.title = `${ceremony.name} – ceremony`;
  $("name").textContent = ceremony.name;
  $("description").textContent = ceremony.description;
  $("description").hidden = !ceremony.description;
  show("summary", ...summary(ceremony));
  show("circuits", ...ceremony.circuits.map((one) => circuit(one, ceremony)));
  show("people", people(ceremony.participants));
  show("join", ...join(ceremony, address));
  show("verify", ...verify(ceremony, address));
  $("updated").textContent = `State of ${new Date(ceremony.now).toLocaleTimeString()}.`;
  announce(ceremony);
}

function light(state, text) {
  $("live").dataset.state = state;
  $("live-text").textContent = text;
}

const events = new EventSource("events");
events.addEventListener("message", (event) => {
  light("live", "Live");
  render(JSON.parse(event.data));
});
events.addEventListener("error", () => light("lost", "Reconnecting"));
