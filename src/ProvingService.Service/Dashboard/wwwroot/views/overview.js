// Owns: the overview: the queue, what is under way, what ended last, and the last hour in charts.

import { get } from "../api.js";
import { bars, chart, legend, lines } from "../charts.js";
import { h, panel, put, putRows, table } from "../dom.js";
import { count, duration, hourAndMinute, many, moment, progressBar, reasonOf, shortId, stateOf } from "../format.js";
import { follow } from "../live.js";

const HISTORY_EVERY = 15_000;
const HISTORY_SOON = 1500;

export async function overview(main, { info }, signal) {
  const ownOnly = !info.scopes.includes("admin");
  const tiles = h("dl", { class: "tiles" });
  const active = table("Jobs under way", [["Job"], ["Circuit", "less"], ["State"], ["Progress"], ["Since", "num less"]]);
  const latest = table("Jobs that ended last", [["Job"], ["Circuit", "less"], ["State"], ["Took", "num"], ["Ended", "num less"]]);
  const reasons = h("div");
  const noActive = h("p", { class: "empty" }, "No job is under way.");
  const noLatest = h("p", { class: "empty" }, "No job ended in the last hour.");
  const rate = chart("Jobs by minute over the last hour", (width, data) => ({
    parts: bars(width, data.minutes, [["fill-a", (m) => m.done], ["fill-b", (m) => m.failed], ["fill-c", (m) => m.stopped]], count, titleOf),
    summary: `${many(sum(data, "done"), "job")} done, ${count(sum(data, "failed"))} failed, ${count(sum(data, "stopped"))} stopped`,
  }));
  const latency = chart("Time from submission to proof over the last hour", (width, data) => ({
    parts: lines(width, data.minutes, [["line-a", "fill-a", (m) => m.median], ["line-c", "fill-c", (m) => m.slow]], duration, titleOf),
    summary: data.median === null ? "No proof in this hour" : `Median ${duration(data.median)}, 95 of 100 below ${duration(data.slow)}`,
  }));
  signal.addEventListener("abort", () => (rate.end(), latency.end()), { once: true });
  const rateAside = h("span");
  const latencyAside = h("span");
  const since = h("p", { class: "small soft" });
  const minutes = table("The last hour by minute", [["Minute"], ["Done", "num"], ["Failed", "num"], ["Stopped", "num"], ["Median", "num"], ["95 of 100", "num"]]);

  main.append(
    h("div", { class: "head" }, h("h1", {}, "Overview"), ownOnly ? h("span", { class: "soft small" }, `Jobs of the tenant ${info.tenant}; the queue's figures are those of all`) : null),
    h("div", { class: "stack" },
      tiles,
      h("div", { class: "pair equal" },
        panel("Jobs by minute", rateAside, h("div", { class: "panel-body" }, legend(["ink-a", "done"], ["ink-b", "failed"], ["ink-c", "cancelled or expired"]), rate.element)),
        panel("Time to proof", latencyAside, h("div", { class: "panel-body" }, legend(["ink-a", "median"], ["ink-c", "95 of 100 are faster"]), latency.element))),
      h("div", { class: "pair wide-left" },
        h("div", { class: "stack" },
          panel("Under way", null, active.element, noActive),
          panel("Ended last", h("a", { href: "#/jobs" }, "All jobs"), latest.element, noLatest)),
        h("div", { class: "stack" },
          panel("Failures", "last hour", reasons),
          panel("The hour in numbers", null, h("div", { class: "panel-body stack" }, since,
            h("details", {}, h("summary", {}, "Table of every minute"), minutes.element)))))));

  let due = null;
  let endedBefore = "";

  const loadHistory = async () => {
    clearTimeout(due);
    try {
      show(await get("dashboard/history", signal));
    } catch {
      // The light in the header says that the service is away.
    }
    if (!signal.aborted) {
      due = setTimeout(loadHistory, HISTORY_EVERY);
    }
  };
  signal.addEventListener("abort", () => clearTimeout(due), { once: true });

  function show(data) {
    if (signal.aborted) {
      return;
    }
    rate.update(data);
    latency.update(data);
    const total = sum(data, "done");
    const span = Math.max(1, Math.round((Date.now() - Date.parse(data.since)) / 60_000));
    put(rateAside, `${(total / span).toFixed(total / span < 10 ? 1 : 0)} proofs a minute`);
    put(latencyAside, data.median === null ? "no proof yet" : `${duration(data.median)} · ${duration(data.slow)}`);
    put(since, `Since ${hourAndMinute(data.since)}: ${many(total, "proof")}, ${count(sum(data, "failed"))} failed, ${count(sum(data, "stopped"))} cancelled or expired. `
      + (span < 59 ? "The service keeps these figures in memory; what ended before this is not in them." : "Kept in memory by minute."));
    put(reasons, Object.keys(data.reasons).length === 0
      ? h("p", { class: "empty" }, "None.")
      : h("div", { class: "panel-body" }, h("dl", { class: "facts tight" }, Object.entries(data.reasons).sort((a, b) => b[1] - a[1]).map(([reason, number]) => [h("dt", {}, reasonOf(reason)), h("dd", {}, count(number))]))));
    putRows(minutes.body, data.minutes.filter((m) => m.done + m.failed + m.stopped > 0).reverse(), (m) => m.begin, (m) => h("tr", {},
      h("th", { scope: "row" }, hourAndMinute(m.begin)),
      h("td", { class: "num" }, count(m.done)), h("td", { class: "num" }, count(m.failed)), h("td", { class: "num" }, count(m.stopped)),
      h("td", { class: "num" }, duration(m.median)), h("td", { class: "num" }, duration(m.slow))));
  }

  follow(signal, (data) => {
    const { queue } = data;
    put(tiles,
      tile("Queued", count(queue.queued), queue.oldestWaiting ? ["oldest since ", moment(queue.oldestWaiting)] : `of ${count(queue.limit)} at most`),
      tile("Preparing", count(queue.leased), "key and witness"),
      tile("Proving", count(queue.proving), "sums and transforms"),
      tile("Verifying", count(queue.verifying), "before release"),
      tile("Expected wait", duration(queue.expectedWait), queue.expectedWait === null ? "no worker is heard of" : "for a job that came now"),
      tile("Workers", count(data.workers.count), `${count(data.workers.busy)} of ${many(data.workers.slots, "slot")} busy`));
    putRows(active.body, data.active, (item) => item.job.id, (item) => h("tr", {},
      h("th", { scope: "row" }, link(item.job), below(item.circuit)), h("td", { class: "less break" }, item.circuit), h("td", {}, stateOf(item.job.state)),
      h("td", {}, progressBar(item.progress, `Progress of ${shortId(item.job.id)}`)), h("td", { class: "num less" }, moment(item.job.started))));
    putRows(latest.body, data.latest, (item) => item.job.id, ({ job, circuit }) => h("tr", {},
      h("th", { scope: "row" }, link(job), below(circuit)), h("td", { class: "less break" }, circuit), h("td", { title: reasonOf(job.reason) }, stateOf(job.state)),
      h("td", { class: "num" }, duration((Date.parse(job.finished) - Date.parse(job.created)) / 1000)), h("td", { class: "num less" }, moment(job.finished))));
    active.element.hidden = !(noActive.hidden = data.active.length > 0);
    latest.element.hidden = !(noLatest.hidden = data.latest.length > 0);
    const ended = data.latest[0]?.job.id ?? "";
    if (ended !== endedBefore) {
      endedBefore = ended;
      clearTimeout(due);
      due = setTimeout(loadHistory, HISTORY_SOON);
    }
  });
  await loadHistory();
}

const sum = (data, field) => data.minutes.reduce((total, minute) => total + minute[field], 0);
const titleOf = (m) => `${hourAndMinute(m.begin)}: ${count(m.done)} done, ${count(m.failed)} failed, ${count(m.stopped)} stopped${m.median === null ? "" : `; median ${duration(m.median)}, 95 of 100 below ${duration(m.slow)}`}`;
const link = (job) => h("a", { href: `#/jobs/${job.id}`, class: "mono nowrap", title: job.id }, shortId(job.id));
/** The circuit under the job, where there is no room for a column. */
const below = (circuit) => h("div", { class: "more small soft break" }, circuit);
const tile = (name, value, note) => h("div", {}, h("dt", {}, name), h("dd", {}, value, h("span", { class: "note" }, note)));
