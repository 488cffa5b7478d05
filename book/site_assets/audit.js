/* The filter of the audit: shows the statements whose verdict and section are chosen. */
(function () {
  const form = document.querySelector(".ledger-filter");
  if (!form) return;
  const statements = [...document.querySelectorAll("article.statement")];
  const sections = [...document.querySelectorAll(".ledger-section")];
  const status = form.querySelector("[role=status]");

  function apply() {
    const verdicts = [...form.elements.verdict].filter((box) => box.checked).map((box) => box.value);
    const section = form.elements.section.value;
    let shown = 0;
    for (const statement of statements) {
      const fits = verdicts.includes(statement.dataset.verdict) &&
        (section === "" || section === statement.dataset.section);
      statement.hidden = !fits;
      shown += fits;
    }
    for (const part of sections) part.hidden = !part.querySelector("article:not([hidden])");
    status.textContent = `${shown} of ${statements.length} statements are shown.`;
  }

  /* A link to a statement or section that is filtered away shows everything first. */
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.closest(".ledger-section")) return;
    if (target.hidden || target.closest("[hidden]")) {
      form.reset();
      apply();
      target.scrollIntoView();
    }
  }

  form.hidden = false;
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  window.addEventListener("hashchange", reveal);
  window.addEventListener("pageshow", () => { apply(); reveal(); });
  apply();
})();
