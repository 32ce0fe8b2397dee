// What the server of a page tells: the pipeline, and the log that somebody looks at.

// The browser connects again by itself; only an answer other than events ends that, and then we try again.
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
