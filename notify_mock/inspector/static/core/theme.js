/* The colour theme: the system's, or the one chosen before. A classic script, so that the first paint has it. */
(() => {
  const KEY = "notify-mock.theme";
  const root = document.documentElement;
  let chosen = "";
  try {
    chosen = localStorage.getItem(KEY) || "";
  } catch {
    /* storage is blocked: the switch still works, and is forgotten */
  }
  if (chosen) root.dataset.theme = chosen;
  window.switchTheme = () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      /* as above */
    }
    return next;
  };
})();
