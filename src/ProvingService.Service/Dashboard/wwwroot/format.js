// Owns: how numbers, times, states and hashes are written for people. The contract's names go in, words come out.

import { h, s } from "./dom.js";

const numbers = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export const count = (value) => numbers.format(Number(value ?? 0));

/** Many or one. */
export const many = (value, one, more = `${one}s`) => `${count(value)} ${Number(value) === 1 ? one : more}`;

/** Seconds of a Duration as proto3 JSON writes it, such as "1.5s". */
export const secondsOf = (duration) => (duration ? Number.parseFloat(duration) : null);

/** A length of time in two digits or so. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) {
    return "–";
  }
  if (seconds < 0.0995) {
    return seconds <= 0 ? "0 s" : seconds < 0.0095 ? `${(seconds * 1000).toFixed(1)} ms` : `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 9.95) {
    return `${seconds.toFixed(seconds < 0.995 ? 2 : 1)} s`;
  }
  if (seconds < 90) {
    return `${Math.round(seconds)} s`;
  }
  const minutes = seconds / 60;
  if (minutes < 90) {
    return `${Math.floor(minutes)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  }
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ${String(Math.floor(minutes % 60)).padStart(2, "0")} min` : `${Math.round(minutes / 1440)} days`;
}

export function bytes(value) {
  let rest = Number(value ?? 0);
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${unit === 0 || rest >= 99.5 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

/** A moment: the time of today, else the date too; the whole in a title. */
export function moment(text) {
  if (!text) {
    return "–";
  }
  const at = new Date(text);
  const today = new Date().toDateString() === at.toDateString();
  return h("time", { datetime: at.toISOString(), title: at.toISOString() }, today ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`);
}

export const hourAndMinute = (text) => clock.format(new Date(text)).slice(0, 5);

/** The beginning of a hash; all of it in a title. */
export const shortHash = (hash) => h("code", { title: hash }, hash ? `${hash.slice(0, 12)}…` : "–");

/** The end of a job's name: its beginning is the time, which jobs of one moment share. */
export const shortId = (id) => `…${id.slice(-8)}`;

const words = (name, prefix) => {
  const text = (name ?? "").replace(prefix, "").toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** The states of jobs: word, kind (colour) and shape, so that colour is never alone. */
export const states = {
  JOB_STATE_QUEUED: ["Queued", "waiting", "M5 1a4 4 0 1 0 .01 0"],
  JOB_STATE_LEASED: ["Preparing", "active", "M5 1a4 4 0 0 1 4 4"],
  JOB_STATE_PROVING: ["Proving", "active", "M5 1a4 4 0 1 1-4 4"],
  JOB_STATE_VERIFYING: ["Verifying", "active", "M5 1a4 4 0 1 1-2.8 1.2"],
  JOB_STATE_DONE: ["Done", "done", "M1 5l3 3 5-6"],
  JOB_STATE_FAILED: ["Failed", "failed", "M1.5 1.5l7 7M8.5 1.5l-7 7"],
  JOB_STATE_CANCELLED: ["Cancelled", "stopped", "M1 5h8"],
  JOB_STATE_EXPIRED: ["Expired", "stopped", "M5 1v4l3 2"],
};

export const stateWord = (state) => states[state]?.[0] ?? "Unknown";

export function stateOf(state) {
  const [word, kind, shape] = states[state] ?? ["Unknown", "waiting", ""];
  return h("span", { class: "state", "data-kind": kind }, s("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, s("path", { d: shape })), word);
}

export const isFinal = (state) => ["JOB_STATE_DONE", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED"].includes(state);

export const reasonOf = (reason) => (!reason || reason === "FAILURE_REASON_NONE" ? "" : words(reason, "FAILURE_REASON_"));

export const curveOf = (curve) => ({ CURVE_BLS12_381: "BLS12-381", CURVE_BN254: "BN254" })[curve] ?? "–";

/** The parts of the work, in the order in which rows show them. */
export const phases = {
  PHASE_KEY: "Key",
  PHASE_WITNESS: "Witness",
  PHASE_PRODUCTS: "Products",
  PHASE_NTT: "Transforms",
  PHASE_MSM_A: "Sum A",
  PHASE_MSM_B: "Sums B",
  PHASE_MSM_C: "Sum C",
  PHASE_MSM_H: "Sum H",
  PHASE_CHECKS: "Checks",
};

/** A part of a whole as a bar with a number. */
export function progressBar(part, label) {
  const percent = Math.round((part ?? 0) * 100);
  const inner = h("div", { class: "bar-fill" });
  inner.style.width = `${percent}%`;
  return h("div", { class: "bar" },
    h("div", { class: "bar-track", role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent }, inner),
    h("span", { class: "bar-text", "aria-hidden": "true" }, `${percent}%`));
}

/** Labels of a job. */
export const tags = (labels) => h("span", { class: "tags" }, Object.entries(labels ?? {}).map(([name, value]) => h("span", { class: "tag" }, `${name}=${value}`)));
