// Nothing needs this script: it renews the page while somebody looks at it, and switches between light and dark.
const EVERY_MS = 5000
const root = document.documentElement

try {
  if (localStorage.theme) root.dataset.theme = localStorage.theme
} catch { /* storage may be forbidden: then the system's choice holds */ }

const theme = document.getElementById("theme")
if (theme) {
  theme.hidden = false
  theme.onclick = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches
    root.dataset.theme = dark ? "light" : "dark"
    try { localStorage.theme = root.dataset.theme } catch { /* as above */ }
  }
}

async function renew() {
  if (document.hidden || String(getSelection())) return
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } })
    if (answer.status === 401) return location.reload()
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html")
    const main = document.getElementById("main"), held = document.activeElement, next = fresh.getElementById("main")
    const place = [...main.querySelectorAll("a, [tabindex]")].indexOf(held)
    const sideways = [...main.querySelectorAll(".wide, .scroll")].map(each => each.scrollLeft)
    const open = [...main.querySelectorAll("details[open]")].map(each => each.id)
    main.replaceChildren(...next.childNodes)
    main.querySelectorAll(".wide, .scroll").forEach((each, n) => { each.scrollLeft = sideways[n] ?? 0 })
    open.forEach(id => { const again = document.getElementById(id); if (again) again.open = true })
    if (place >= 0) main.querySelectorAll("a, [tabindex]")[place]?.focus({ preventScroll: true })
    document.title = fresh.title
  } catch { /* the console restarts: the next turn will tell */ }
}
setInterval(renew, EVERY_MS)
