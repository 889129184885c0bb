// Owns: the question for an API key, where the service wants to know who calls.

import { h } from "../dom.js";

/** Asks, and calls back with what was entered. */
export function signIn(main, refusal, enter) {
  const input = h("input", { id: "api-key", type: "password", autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": "key-hint" });
  const wrong = h("p", { class: "wrong", role: "alert" }, refusal);
  const title = h("h1", { tabindex: -1 }, "Sign in");
  main.replaceChildren(h("div", { class: "sign-in" },
    h("div", { class: "head" }, title),
    h("div", { class: "panel" },
      h("form", {
        onsubmit: (event) => {
          event.preventDefault();
          const key = input.value.trim();
          // What a header can hold; anything else was pasted wrongly.
          if (!/^[\x21-\x7e]+$/.test(key)) {
            wrong.textContent = key ? "A key has no spaces and no letters beyond ASCII. Paste it again." : "Enter a key.";
            input.focus();
            return;
          }
          enter(key);
        },
      },
      h("div", { class: "field" },
        h("label", { for: "api-key" }, "API key or token"),
        input,
        h("p", { class: "hint", id: "key-hint" }, "Kept until this tab is closed, and sent to this service alone. An operator makes keys with ", h("code", {}, "zkps apikey create"), "."),
        wrong),
      h("button", { class: "main", type: "submit" }, "Sign in")))));
  input.focus();
}
