/* What was read and answered, remembered in this browser alone: nothing is sent anywhere.

   One entry of localStorage holds {"read": [page, …], "answered": ["page#0", …]}. Where the browser
   refuses to remember, each page begins with a stand-in that does not, and nothing is shown. */
(() => {
  const KEY = "inside-gpt-4v";
  const HERE = DOCUMENTATION_OPTIONS.pagename;
  const LESSON = /^notebooks\//;

  function recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY)) ?? {};
      return { read: new Set(kept.read), answered: new Set(kept.answered) };
    } catch {
      return { read: new Set(), answered: new Set() }; // someone else's entry: begin again
    }
  }

  function keep({ read, answered }) {
    localStorage.setItem(KEY, JSON.stringify({ read: [...read], answered: [...answered] }));
  }

  function remembers() {
    try {
      keep(recall());
      return localStorage instanceof Storage;
    } catch {
      return false; // no room left
    }
  }

  /* Put a name into one of the two sets, or take it out, and show it. */
  function note(kind, name, there = true) {
    const memory = recall();
    there ? memory[kind].add(name) : memory[kind].delete(name);
    keep(memory);
    show();
  }

  const pageOf = (link) => link.pathname.split("/").slice(-2).join("/").replace(/\.html$/, "");

  function markLink(link, read) {
    link.classList.toggle("was-read", read);
    link.querySelector(".visually-hidden")?.remove();
    if (read) link.insertAdjacentHTML("beforeend", '<span class="visually-hidden">, read</span>');
  }

  function markNode(node, read) {
    node.classList.toggle("was-read", read);
    if (read) node.setAttribute("aria-label", `${node.textContent.trim()}, read`);
    else node.removeAttribute("aria-label");
  }

  function markQuestion(question, name, answered) {
    question.classList.toggle("was-answered", answered);
    const button = question.querySelector("button.guess");
    button?.setAttribute("aria-pressed", answered);
  }

  const questions = () =>
    [...document.querySelectorAll(".quiz.container, p.prediction")].map((element, n) => [element, `${HERE}#${n}`]);

  /* Say on the front page how far one is. */
  function tell({ read, answered }, nodes) {
    const line = document.querySelector(".progress-line");
    if (!line) return;
    const lessons = [...read].filter((page) => LESSON.test(page)).length;
    line.hidden = !read.size && !answered.size;
    line.querySelector("span").textContent =
      `Lessons read: ${lessons} of ${nodes.length}. Questions answered: ${answered.size}. Only this browser knows.`;
  }

  function show() {
    const memory = recall();
    const nodes = document.querySelectorAll(".lesson-map [data-page]");
    for (const link of document.querySelectorAll(".bd-links a.internal")) markLink(link, memory.read.has(pageOf(link)));
    for (const node of nodes) markNode(node, memory.read.has(node.dataset.page));
    for (const [question, name] of questions()) markQuestion(question, name, memory.answered.has(name));
    tell(memory, nodes);
  }

  /* A page has been read when its end has come into view; the front page is only a way in. */
  function watchEnd() {
    const end = document.querySelector(".bd-article")?.lastElementChild?.lastElementChild;
    if (!end || document.querySelector(".lesson-map")) return;
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      note("read", HERE);
    });
    seen.observe(end);
  }

  function addGuess(prediction, name) {
    prediction.insertAdjacentHTML("beforeend", ' <button type="button" class="guess" aria-pressed="false">I have a guess</button>');
    prediction.querySelector(".guess").addEventListener("click", ({ currentTarget: button }) => {
      note("answered", name, button.getAttribute("aria-pressed") !== "true");
    });
  }

  function watchQuestions() {
    for (const [question, name] of questions()) {
      if (question.matches("p")) addGuess(question, name);
      for (const choice of question.querySelectorAll("details")) {
        choice.addEventListener("toggle", () => choice.open && note("answered", name));
      }
    }
  }

  function addLine() {
    const map = document.querySelector(".lesson-map");
    map?.insertAdjacentHTML("afterend", '<p class="progress-line" hidden><span role="status"></span> <button type="button">Forget it</button></p>');
    document.querySelector(".progress-line button")?.addEventListener("click", () => {
      keep({ read: [], answered: [] });
      show();
    });
  }

  if (!remembers()) return;
  watchQuestions();
  addLine();
  watchEnd();
  addEventListener("pageshow", show); // also when one comes back to a page that the browser has kept
})();
