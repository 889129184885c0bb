// Owns: the beginning, and which view an address shows. A view is a function (main part, parts of the address, signal) that fills the
// main part and stops when the signal aborts.

import { get, key, onSignInNeeded } from "./api.js";
import { announce, h } from "./dom.js";
import { connect, disconnect } from "./live.js";
import { circuit } from "./views/circuit.js";
import { circuits } from "./views/circuits.js";
import { job } from "./views/job.js";
import { jobs } from "./views/jobs.js";
import { overview } from "./views/overview.js";
import { signIn } from "./views/sign-in.js";
import { verify } from "./views/verify.js";
import { workers } from "./views/workers.js";

const routes = [
  [/^\/?$/, overview, "overview"],
  [/^\/jobs$/, jobs, "jobs"],
  [/^\/jobs\/([^/]+)$/, job, "jobs"],
  [/^\/circuits$/, circuits, "circuits"],
  [/^\/circuits\/([^/]+)$/, circuit, "circuits"],
  [/^\/workers$/, workers, "workers"],
  [/^\/verify$/, verify, "verify"],
];

const main = document.getElementById("main");
let showing = new AbortController();
let info = null;
let isAsking = false;

async function show({ focus }) {
  showing.abort();
  showing = new AbortController();
  const { signal } = showing;
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?", 2);
  const [pattern, view, name] = routes.find(([form]) => form.test(path)) ?? [null, missing, ""];
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === name) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  }

  const address = {
    values: pattern ? pattern.exec(path).slice(1).map(decodeURIComponent) : [],
    query: new URLSearchParams(query),
    info,
  };
  announce("");
  main.replaceChildren();
  main.setAttribute("aria-busy", "true");
  try {
    await view(main, address, signal);
  } catch (fault) {
    if (!signal.aborted && !isAsking) {
      const title = fault.status === "NOT_FOUND" ? "Not found" : "This could not be shown";
      main.replaceChildren(h("div", { class: "head" }, h("h1", {}, title)), h("p", { class: "notice bad", role: "alert" }, fault.message));
    }
  }

  if (signal.aborted) {
    return;
  }
  main.removeAttribute("aria-busy");
  const title = main.querySelector("h1");
  document.title = title ? `${title.textContent} · Proving service` : "Proving service";
  if (focus && title) {
    // The heading is read, and the next Tab goes into the view.
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function missing(part) {
  part.append(h("div", { class: "head" }, h("h1", {}, "Not found")), h("p", {}, "There is no such view. ", h("a", { href: "#/" }, "Go to the overview"), "."));
}

/** Finds out what the service is and who it takes the caller for, then shows what the address says. */
async function begin({ focus }) {
  isAsking = false;
  try {
    info = await get("v1/info");
  } catch (fault) {
    if (isAsking) {
      return;
    }
    info = { scopes: [], version: "", tenant: "" };
    if (fault.status === "UNAVAILABLE") {
      setTimeout(() => info.version || begin({ focus: false }), 3000);
    }
  }
  document.getElementById("about").textContent = info.version
    ? `Version ${info.version}${info.tenant ? ` · tenant ${info.tenant}` : ""}${info.scopes.length ? ` · may ${info.scopes.join(", ")}` : ""}`
    : "";
  document.getElementById("sign-out").hidden = !key.get();
  connect();
  await show({ focus });
}

function ask(error) {
  if (isAsking) {
    return;
  }
  isAsking = true;
  showing.abort();
  showing = new AbortController();
  disconnect();
  const refused = key.get() !== null;
  key.clear();
  document.getElementById("sign-out").hidden = true;
  document.getElementById("about").textContent = "";
  document.title = "Sign in · Proving service";
  main.removeAttribute("aria-busy");
  signIn(main, refused ? error.message : "", (entered) => {
    key.set(entered);
    begin({ focus: true });
  });
}

onSignInNeeded(ask);
document.getElementById("sign-out").addEventListener("click", () => {
  key.clear();
  begin({ focus: true });
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => !isAsking && show({ focus: true }));
begin({ focus: false });
