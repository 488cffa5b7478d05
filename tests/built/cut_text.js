() => {
  // A box that scrolls shows all of its text in the end; one that is clipped is not meant for eyes.
  const scrolls = (box) => ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
  const unseen = (box) => {
    const { clip, clipPath, position } = getComputedStyle(box);
    return clip !== "auto" || clipPath !== "none" || position === "fixed";
  };
  // Return where text in a box is cut, or infinity if nothing cuts it.
  const edge = (box) => {
    let right = document.documentElement.clientWidth;
    for (; box !== document.body; box = box.parentElement) {
      if (scrolls(box) || unseen(box)) return Infinity;
      if (getComputedStyle(box).overflowX === "visible") continue;
      right = Math.min(right, box.getBoundingClientRect().right);
    }
    return right;
  };
  const cut = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (words.nextNode()) {
    const text = words.currentNode.data.trim(), box = words.currentNode.parentElement;
    if (!text || !box.checkVisibility({ visibilityProperty: true })) continue;
    range.selectNodeContents(words.currentNode);
    if (range.getBoundingClientRect().right > edge(box) + 1) cut.push(text.slice(0, 80));
  }
  return cut;
}
