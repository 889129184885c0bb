// Owns: what an attempt spent its time on: from events to phases, and phases as bars in rows, since sums and transforms overlap.

import { h, s } from "./dom.js";
import { duration, isFinal, phases } from "./format.js";

/** From a job's events to its attempts: when each began and ended, its phases, and how it ended. */
export function attemptsOf(events) {
  const attempts = new Map();
  for (const event of events) {
    if (event.attempt === 0) {
      continue;
    }
    const at = Date.parse(event.at);
    const attempt = attempts.get(event.attempt) ?? { number: event.attempt, begun: at, ended: null, outcome: "", phases: [] };
    attempts.set(event.attempt, attempt);
    if (event.phase !== "PHASE_UNSPECIFIED") {
      const open = attempt.phases.find((phase) => phase.name === event.phase && phase.ended === null);
      if (event.ended && open) {
        open.ended = at;
      } else if (!event.ended) {
        attempt.phases.push({ name: event.phase, begun: at, ended: null });
      }
    } else if (attempt.ended === null && (isFinal(event.state) || event.state === "JOB_STATE_QUEUED")) {
      attempt.ended = at;
      attempt.outcome = event.state;
    }
  }
  return [...attempts.values()];
}

/** The bars of an attempt. */
export function gantt(attempt, width, now) {
  const row = 20;
  const left = 84;
  const right = 58;
  const end = Math.max(attempt.ended ?? now, ...attempt.phases.map((phase) => phase.ended ?? 0), attempt.begun + 1);
  const x = (at) => left + ((at - attempt.begun) / (end - attempt.begun)) * (width - left - right);
  const names = Object.keys(phases).filter((name) => attempt.phases.some((phase) => phase.name === name));
  const height = names.length * row + 20;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = Math.round(x(attempt.begun + (end - attempt.begun) * part)) + 0.5;
    return [
      s("line", { class: "grid", x1: at, x2: at, y1: 0, y2: height - 18 }),
      (part * 2) % 1 === 0 && s("text", { x: at, y: height - 4, "text-anchor": part === 0 ? "start" : part === 1 ? "end" : "middle" }, duration(((end - attempt.begun) * part) / 1000)),
    ];
  });
  const rows = names.map((name, i) => {
    const own = attempt.phases.filter((phase) => phase.name === name);
    const last = own.at(-1);
    const total = own.reduce((sum, phase) => sum + ((phase.ended ?? attempt.ended ?? now) - phase.begun), 0) / 1000;
    return [
      s("text", { class: "name", x: 0, y: i * row + 14 }, phases[name]),
      own.map((phase) => s("rect", {
        class: phase.ended !== null ? "fill-a" : attempt.ended === null ? "fill-open" : attempt.outcome === "JOB_STATE_FAILED" ? "fill-b" : "fill-c",
        x: x(phase.begun).toFixed(2),
        y: i * row + 4,
        width: Math.max(2, x(phase.ended ?? attempt.ended ?? now) - x(phase.begun)).toFixed(2),
        height: row - 8,
        rx: 2,
      })),
      s("text", { x: (x(last.ended ?? attempt.ended ?? now) + 6).toFixed(2), y: i * row + 14 }, total < 0.001 ? "< 1 ms" : duration(total)),
    ];
  });
  const summary = names.map((name) => phases[name]).join(", ");
  return h("div", { class: "gantt" },
    s("svg", { role: "img", width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": `Attempt ${attempt.number}, ${duration((end - attempt.begun) / 1000)}. Phases: ${summary}. The table below has the times.` }, grid, rows));
}
