// Before the first paint: the colours somebody chose, so that the page does not flash in the other ones.
try {
  const chosen = localStorage.getItem("mien.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Where nothing can be kept, the colours of the system are used.
}
