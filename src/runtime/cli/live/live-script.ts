/** What makes a report move while somebody looks at it: its <main> is put in anew, and what was opened, typed and scrolled to stays so. */
export const liveScript = `
(() => {
  "use strict";
  const note = document.createElement("p");
  note.id = "live";
  note.setAttribute("role", "status");
  note.textContent = "Live: connecting";
  note.style.cssText = "margin:0;padding:.5em 1em;font:.875em system-ui,sans-serif;text-align:center";
  document.body.prepend(note);
  const nameOf = (details, at) => details.dataset.code || (details.querySelector(".code") || {}).textContent || String(at);
  const put = (main, html) => {
    const open = new Set();
    main.querySelectorAll("details").forEach((each, at) => each.open && open.add(nameOf(each, at)));
    const typed = new Map();
    main.querySelectorAll("input[id],select[id]").forEach((each) => typed.set(each.id, each.value));
    const active = document.activeElement;
    const focused = active && main.contains(active) ? active.id : "";
    const selection = focused && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : undefined;
    const top = window.scrollY;
    main.innerHTML = html;
    main.querySelectorAll("details").forEach((each, at) => { if (open.has(nameOf(each, at))) each.open = true; });
    for (const [id, value] of typed) {
      const box = document.getElementById(id);
      if (box) box.value = value;
    }
    const again = focused && document.getElementById(focused);
    if (again) {
      again.focus({ preventScroll: true });
      if (selection && again.setSelectionRange) again.setSelectionRange(selection[0], selection[1]);
    }
    window.scrollTo(window.scrollX, top);
    document.dispatchEvent(new Event("main-replaced"));
  };
  const source = new EventSource("events");
  let over = false;
  let as = "";
  let last = "";
  const say = (text) => { if (note.textContent !== text) note.textContent = text; };
  source.addEventListener("page", ({ data }) => {
    const news = JSON.parse(data);
    as = news.at;
    over = news.over;
    document.title = news.title;
    if (news.main !== last) put(document.querySelector("main"), last = news.main);
    say(over ? "The run is over: this is how it ended." : "Live, as of " + as + ".");
  });
  source.addEventListener("left", () => {
    source.close();
    say(over ? "The run is over: this is how it ended." : "No longer live: the command that showed it has ended. As of " + as + ".");
  });
  source.onerror = () => {
    if (!over) say("Not live just now: nobody answers. As of " + as + ".");
  };
})();
`;
