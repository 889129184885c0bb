// Owns: one job: what became of it, what its attempts spent their time on, its proof and receipt, and stopping it.

import { get, listen, post } from "../api.js";
import { announce, confirm, facts, h, panel, put, save, table } from "../dom.js";
import { duration, isFinal, moment, phases, progressBar, reasonOf, secondsOf, shortHash, stateOf, stateWord, tags } from "../format.js";
import { attemptsOf, gantt } from "../gantt.js";
import { bytesOf, checkReceipt, readReceipt } from "../receipt.js";

export async function job(main, { values: [id], info }, signal) {
  let current = await get(`v1/jobs/${encodeURIComponent(id)}`, signal);
  const circuit = await get(`v1/circuits/${current.keyHash}`, signal).catch(() => null);
  const events = [];
  const state = h("span");
  const actions = h("div", { class: "actions" });
  const notice = h("div");
  const about = h("div", { class: "panel-body" });
  const progress = h("div");
  const timeline = h("div", { class: "panel-body stack" });
  const bars = h("div");
  const times = h("details", {}, h("summary", {}, "Table of phases and events"));
  const proof = h("div", { class: "stack" });
  timeline.append(progress, bars, times);
  main.append(
    h("div", { class: "head" }, h("p", { class: "crumb" }, h("a", { href: "#/jobs" }, "Jobs")), h("h1", {}, "Job ", h("span", { class: "mono" }, id)), state, actions),
    h("div", { class: "stack" }, notice,
      h("div", { class: "pair" }, panel("Job", null, about), proof),
      panel("Timeline", null, timeline)));

  const cancel = h("button", { type: "button", class: "danger", onclick: stop }, "Cancel job");

  async function stop() {
    if (!await confirm("Cancel this job?", "Work under way ends within about a second. The job keeps its place in the list, without a proof.", "Cancel job")) {
      return;
    }
    cancel.disabled = true;
    try {
      current = await post(`v1/jobs/${current.id}:cancel`);
    } catch (fault) {
      put(notice, h("p", { class: "notice bad", role: "alert" }, fault.message));
    }
    showJob();
  }

  function showJob() {
    put(state, stateOf(current.state));
    const stoppable = !isFinal(current.state) && info.scopes.includes("submit");
    cancel.disabled = current.cancelRequested;
    cancel.textContent = current.cancelRequested ? "Being cancelled" : "Cancel job";
    if (stoppable !== cancel.isConnected) {
      actions.replaceChildren(...(stoppable ? [cancel] : []));
    }
    const reason = reasonOf(current.reason);
    put(notice, current.message || reason
      ? h("p", { class: `notice ${current.state === "JOB_STATE_FAILED" ? "bad" : "warn"}` }, reason ? h("strong", {}, `${reason}. `) : null, current.message)
      : null);
    put(about, facts(
      ["Circuit", h("a", { href: `#/circuits/${current.keyHash}` }, circuit?.name || shortHash(current.keyHash))],
      ["Key", shortHash(current.keyHash)],
      ["Labels", Object.keys(current.labels ?? {}).length ? tags(current.labels) : null],
      ["Tenant", current.tenant],
      ["Idempotency key", current.idempotencyKey],
      ["Priority", current.priority || null],
      ["Deadline", current.deadline ? moment(current.deadline) : null],
      ["Device", current.device || null],
      ["Created", moment(current.created)],
      ["Started", current.started ? moment(current.started) : null],
      ["Finished", current.finished ? moment(current.finished) : null],
      ["Took", current.finished ? duration((Date.parse(current.finished) - Date.parse(current.created)) / 1000) : null],
      ["Expected wait", current.state === "JOB_STATE_QUEUED" ? duration(secondsOf(current.expectedWait)) : null],
      ["Attempts", current.attempts],
      ["Worker", current.worker],
      ["Proof of", current.cachedFrom ? h("a", { href: `#/jobs/${current.cachedFrom}`, class: "mono" }, current.cachedFrom) : null]));
  }

  function showTimeline() {
    const attempts = attemptsOf(events);
    const last = events.at(-1);
    put(progress, last && !isFinal(current.state) && current.state !== "JOB_STATE_QUEUED" ? progressBar(last.progress, "Progress of this attempt") : null);
    const width = Math.max(280, Math.min(timeline.clientWidth - 32, 1180));
    if (!last) {
      return; // The events come at once; until then nothing is said of them.
    }
    bars.replaceChildren(...(attempts.length === 0
      ? [h("p", { class: "soft" }, current.cachedFrom ? "The proof was there before: nothing was computed." : isFinal(current.state) ? "No worker has taken it." : "No worker has taken it yet.")]
      : attempts.flatMap((attempt) => [
        attempts.length > 1 ? h("h3", {}, `Attempt ${attempt.number}${attempt.outcome === "JOB_STATE_QUEUED" ? ", tried again" : attempt.outcome ? `, ${stateWord(attempt.outcome).toLowerCase()}` : ""}`) : "",
        gantt(attempt, width, Date.now())])));
    const list = table("Events of this job", [["Time"], ["Attempt", "num"], ["What"], ["Message"]]);
    list.body.append(...events.map((event) => h("tr", {},
      h("th", { scope: "row", class: "nowrap" }, event.at.slice(11, 23)),
      h("td", { class: "num" }, event.attempt || "–"),
      h("td", { class: "nowrap" }, event.phase === "PHASE_UNSPECIFIED" ? stateWord(event.state) : `${phases[event.phase] ?? event.phase} ${event.ended ? "ended" : "began"}`),
      h("td", { class: "break" }, event.message))));
    times.replaceChildren(times.firstElementChild, list.element);
  }

  async function showProof() {
    if (current.state !== "JOB_STATE_DONE" || proof.hasChildNodes()) {
      return;
    }
    const made = await get(`v1/jobs/${current.id}/proof`, signal);
    const name = current.id.slice(-12);
    const download = (text, file, content, type) => h("button", { type: "button", onclick: () => save(file, content, type) }, text);
    const body = h("div", { class: "panel-body" });
    try {
      const receipt = readReceipt(made.receipt.body);
      const isSigned = await checkReceipt(made.receipt);
      body.append(facts(
        ["Signature", isSigned === null ? "not checked: this browser cannot" : isSigned ? h("span", { class: "state", "data-kind": "done" }, "Valid") : h("span", { class: "state", "data-kind": "failed" }, "Not valid")],
        ["Engine", receipt.engine],
        ["Device", receipt.device],
        ["Driver", receipt.driver],
        ["Took", duration(receipt.elapsed)],
        ["Verified", moment(receipt.finished)],
        ["Proof", shortHash(receipt.proofHash)],
        ["Public inputs", shortHash(receipt.publicInputsHash)],
        ["Verification key", shortHash(receipt.verificationKeyHash)],
        ["Version", receipt.version]));
    } catch (fault) {
      body.append(h("p", { class: "notice bad" }, `The receipt cannot be read: ${fault.message}`));
    }
    put(proof,
      panel("Proof", `${bytesOf(made.compressed).length} bytes compressed`, h("div", { class: "panel-body links" },
        download("proof.json", `proof-${name}.json`, made.snarkjsProof, "application/json"),
        download("public.json", `public-${name}.json`, made.snarkjsPublic, "application/json"),
        download("Compressed", `proof-${name}.bin`, bytesOf(made.compressed), "application/octet-stream"),
        download("Solidity call data", `calldata-${name}.txt`, made.solidityCalldata, "text/plain"))),
      panel("Receipt", "signed by this service", body));
  }

  showJob();
  showTimeline();
  await showProof();

  // Several events come at once: they are drawn together, and the job is asked for once.
  let drawing = null;
  const draw = () => {
    drawing ??= setTimeout(async () => {
      drawing = null;
      if (events.at(-1)?.state !== current.state || isFinal(current.state)) {
        const before = current.state;
        try {
          current = await get(`v1/jobs/${current.id}`, signal);
        } catch {
          return;
        }
        if (current.state !== before) {
          announce(`The job is ${stateWord(current.state).toLowerCase()}.`);
        }
      }
      showJob();
      showTimeline();
      await showProof().catch(() => {});
    }, 100);
  };
  const resized = new ResizeObserver(() => events.length && showTimeline());
  resized.observe(timeline);
  signal.addEventListener("abort", () => (resized.disconnect(), clearTimeout(drawing)), { once: true });
  listen(`v1/jobs/${current.id}/events`, signal, {
    event: (name, event) => {
      events.push(event);
      draw();
    },
  });
}
