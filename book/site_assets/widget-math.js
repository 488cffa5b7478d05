// ipywidgets asks MathJax 2 to typeset its texts. The site has MathJax 3, which is asked here.
(function () {
  if (!window.MathJax) return; // a page without mathematics
  const Hub = { Queue: ([, , element]) => window.MathJax.typesetPromise?.([element]) };
  let current = Object.assign(window.MathJax, { Hub });
  Object.defineProperty(window, "MathJax", {
    get: () => current,
    set: (math) => { current = Object.assign(math, { Hub }); }, // MathJax 3 puts itself here
    configurable: true,
  });
})();
