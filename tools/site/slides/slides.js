// Start the slides, and make a slide that is too tall smaller until it fits, or let it scroll.
const SIZES = [1, 0.9, 0.8, 0.7, 0.6];
const SCROLLED = 0.8;

function fit() {
  const slide = Reveal.getCurrentSlide();
  const height = Reveal.getConfig().height;
  slide.classList.remove("scrolls");
  for (const size of SIZES) {
    slide.style.zoom = size;
    if (slide.scrollHeight * size <= height) return;
  }
  slide.style.zoom = SCROLLED;
  slide.classList.add("scrolls");
}

Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0.03,
  center: false,
  controls: true,
  hash: true,
  progress: true,
  slideNumber: "c/t",
  transition: "none",
  plugins: [RevealNotes],
}).then(() => MathJax.startup.promise).then(fit);
Reveal.on("slidechanged", fit);
const live = new MutationObserver(fit); // a piece that comes alive is taller than its picture
document.querySelectorAll(".live-piece").forEach((place) => live.observe(place, { attributes: true }));
