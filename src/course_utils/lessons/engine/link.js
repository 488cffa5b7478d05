// Modules that are given as texts: each gets an address of its own. So one and the same module runs in
// a notebook, on the site, and on a page opened as a file, where a browser loads no modules.

// sources: { "engine/gpt.js": text, … }, without circles -> { "engine/gpt.js": address, … }
export function link(sources) {
  const addresses = {};
  const address = (path) => (addresses[path] ??= blob(path, sources[path]));
  const blob = (path, text) => {
    const linked = text.replace(/(from\s*)"(\.[^"]+)"/g, (_, from, other) =>
      `${from}"${address(new URL(other, `file:///${path}`).pathname.slice(1))}"`);
    return URL.createObjectURL(new Blob([linked], { type: "text/javascript" }));
  };
  Object.keys(sources).forEach(address);
  return addresses;
}
