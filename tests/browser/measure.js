(page, view) => {
  const width = view.innerWidth, root = page.documentElement;
  const shown = e => e.getClientRects().length > 0 && view.getComputedStyle(e).visibility !== "hidden";
  const name = e => `${e.tagName}.${e.className.baseVal ?? e.className} «${e.textContent.trim().slice(0, 40)}»`;
  const all = selector => [...page.querySelectorAll(selector)].filter(shown);
  const area = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left) - 1)
    * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) - 1);

  // what sticks out to the right, unless it lies in a box that scrolls
  const beyond = all("body *").filter(e => !e.closest(".scroll") && e.getBoundingClientRect().right > width + 1).map(name);

  // words that lie on each other or outside of their drawing
  const collisions = [], strays = [];
  for (const drawing of all("svg.chart")) {
    const frame = drawing.getBoundingClientRect();
    const words = [...drawing.querySelectorAll("text")].filter(shown).map(e => [e, e.getBoundingClientRect()]);
    words.forEach(([e, box], i) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1 || box.top < frame.top - 1)
        strays.push(name(e));
      words.slice(i + 1).forEach(([other, its]) => { if (area(box, its) > 0) collisions.push([name(e), name(other)]); });
    });
  }

  // neighbours in the list that run into each other
  const cells = all(".watch td > *, .tile > *");
  const overlaps = [];
  cells.forEach((e, i) => cells.slice(i + 1, i + 8).forEach(other => {
    if (area(e.getBoundingClientRect(), other.getBoundingClientRect()) > 4) overlaps.push([name(e), name(other)]);
  }));

  // contrast of text with what lies behind it (WCAG 2)
  const parsed = colour => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const colour = parsed(view.getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > .99) return colour;
    }
    return [255, 255, 255];
  };
  const faint = all("body *").filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())).filter(e => {
    const style = view.getComputedStyle(e), ink = parsed(e.closest("svg") ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(e))].sort((x, y) => y - x);
    return (a + .05) / (b + .05) < 4.5;
  }).map(name);

  // two syllables drawn by a font that lacks them look the same: an empty box
  const drawn = syllable => {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    pen.font = "40px " + view.getComputedStyle(page.body).fontFamily;
    pen.fillText(syllable, 10, 60);
    return canvas.toDataURL();
  };

  const visible = lang => all(`body [lang=${lang}]`).length;
  const korean = {ko: visible("ko"), en: visible("en")};
  page.querySelector("label[for=show-en]").click();
  const english = {ko: visible("ko"), en: visible("en"), scroll: root.scrollWidth};
  page.querySelector("label[for=show-ko]").click();

  return {
    width, scroll: root.scrollWidth, beyond, collisions, strays, overlaps, faint, korean, english,
    hangul: drawn("가") !== drawn("힣") && drawn("가") !== drawn(" "),
    resources: view.performance.getEntriesByType("resource").map(e => e.name),
    smallest: Math.min(...all("svg.chart text").map(e => e.getBoundingClientRect().height)),
    paper: view.getComputedStyle(page.body).backgroundColor,
    charts: all("svg.chart").length, rows: all(".watch tbody tr").length,
  };
}
