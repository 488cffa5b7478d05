/* What the theme leaves out of reach. On a phone the contents lie over the page: choosing an entry of
   this page puts them away. And a formula that scrolls is reached by keyboard. */
document.addEventListener("click", (event) => {
  const drawer = event.target.closest("a[href]")?.closest("dialog[open]");
  if (drawer?.id.endsWith("-sidebar-modal")) drawer.close();
});

const reachFormulas = () =>
  document.querySelectorAll(".bd-article div.math").forEach((formula) => {
    const inner = formula.querySelector(".katex-display") ?? formula;
    const scrolls = [formula, inner].some((box) => box.scrollWidth > box.clientWidth);
    if (scrolls) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  });
addEventListener("resize", reachFormulas);
document.fonts.ready.then(reachFormulas);
