/** Tabs whose panel is made when it is looked at. */

import { fill, h, newId } from "./dom.js";

/** Return tabs. Each of `panels` is `[name, make]`; `make()` returns the panel's content, or a promise of it. */
export function tabs(panels, { label, chosen = panels[0][0], onchange = () => {} }) {
  const id = newId("tabs");
  const panel = h("div", { class: "scroll detail", role: "tabpanel", id: `${id}-panel`, tabindex: "0" });
  const bar = h("div", { class: "tabs", role: "tablist", "aria-label": label });
  let turn = 0;

  async function choose(name, { focus = false } = {}) {
    turn += 1;
    const mine = turn;
    for (const tab of bar.children) {
      const isChosen = tab.dataset.name === name;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      if (isChosen) panel.setAttribute("aria-labelledby", tab.id);
      if (isChosen && focus) tab.focus();
    }
    onchange(name);
    const content = await panels.find(([one]) => one === name)[1]();
    if (mine !== turn) return;
    fill(panel, content);
    panel.scrollTop = 0;
  }

  const names = panels.map(([name]) => name);
  for (const name of names) {
    bar.append(h("button", { type: "button", role: "tab", id: `${id}-${names.indexOf(name)}`, "aria-controls": panel.id, data: { name }, onclick: () => choose(name) }, name));
  }
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = names.indexOf(bar.querySelector("[aria-selected=true]").dataset.name);
    choose(names[(at + step + names.length) % names.length], { focus: true });
  });
  choose(names.includes(chosen) ? chosen : names[0]);
  return [bar, panel];
}
