// The page's side of a worker: the engine computes there, so that typing and scrolling never wait.

// sources: as for `link`, with engine/worker.js among them -> { call, end }
export function startWorker(sources) {
  const worker = new Worker(URL.createObjectURL(new Blob([firstLines(sources)])));
  const open = new Map(); // questions without an answer
  let number = 0;
  worker.onmessage = ({ data: { id, part, result, error } }) => {
    const asked = open.get(id);
    if (!asked) return;
    if (part !== undefined) return asked.onPart?.(part);
    open.delete(id);
    if (error === undefined) asked.resolve(result);
    else asked.reject(new Error(error));
  };
  return {
    // What worker.js has under a name, with one object of arguments. What takes longer hands on
    // parts; when `signal` (of an AbortController) says so, it stops and answers with what it has.
    call(name, given = {}, { onPart, signal } = {}) {
      const id = ++number;
      signal?.addEventListener("abort", () => worker.postMessage({ id, stop: true }));
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject, onPart });
        worker.postMessage({ id, name, given });
      });
    },
    end: () => worker.terminate(),
  };
}

// A plain worker that links the modules for itself: from a file, a module worker cannot start.
function firstLines(sources) {
  const link = sources["engine/link.js"].replace("export ", "");
  return `${link}
    const early = [];
    onmessage = ({ data }) => early.push(data);
    const addresses = link(${JSON.stringify(sources)});
    import(addresses["engine/worker.js"]).then(({ serve }) => serve(early));`;
}
