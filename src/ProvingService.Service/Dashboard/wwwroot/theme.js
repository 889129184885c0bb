// Owns: light or dark, before anything is painted. No module, so that it runs first. What it keeps is a taste, no secret.

(() => {
  const name = "proving-service-theme";
  const themes = ["auto", "light", "dark"];
  const read = () => {
    try {
      return themes.includes(localStorage.getItem(name)) ? localStorage.getItem(name) : "auto";
    } catch {
      return "auto"; // Storage may be forbidden.
    }
  };
  const apply = (theme) => {
    document.documentElement.dataset.theme = theme;
  };
  apply(read());

  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const show = () => {
      const theme = document.documentElement.dataset.theme;
      button.textContent = `Theme: ${theme}`;
    };
    button.addEventListener("click", () => {
      const next = themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length];
      apply(next);
      show();
      try {
        localStorage.setItem(name, next);
      } catch {
        // Then it holds for this page alone.
      }
    });
    show();
  });
})();
