// The events of a page's server: the pipeline, and the log that is shown.

// The browser reconnects automatically; only a response other than events ends that, and then we retry.
const AGAIN = 2000;

export function stream(address, tell, lost) {
  let source = null;
  let timer = 0;
  const open = () => {
    source = new EventSource(address);
    source.onmessage = (message) => tell(JSON.parse(message.data));
    source.onerror = () => {
      lost();
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
