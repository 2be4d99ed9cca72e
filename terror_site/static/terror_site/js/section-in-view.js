/* Marks the entry of the section in view in the list of contents. */

const toc = document.querySelector("[data-toc]");
const entries = new Map();
for (const link of toc?.querySelectorAll("a") ?? []) {
  const section = document.getElementById(link.hash.slice(1));
  if (section) entries.set(section, link);
}

const observer = new IntersectionObserver(
  (changes) => {
    for (const { target, isIntersecting } of changes) {
      if (!isIntersecting) continue;
      for (const link of entries.values()) link.removeAttribute("aria-current");
      entries.get(target).setAttribute("aria-current", "location");
    }
  },
  // The section that crosses a line a third of the way down the screen.
  { rootMargin: "-33% 0px -66% 0px" },
);
for (const section of entries.keys()) observer.observe(section);
