// Widget modules are looked up beside this file, never on another host.
requirejs.config({
  baseUrl: document.currentScript.src.replace(/[^/]*$/, ""),
});
