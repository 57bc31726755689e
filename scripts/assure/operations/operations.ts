// `npm run operations [-- name …]`: what docs/operations has, loaded once into the real programs it is for. What is not installed is passed over, and
// said; the ordinary tests hold the same files against each other without any of it.

import { checkContainers } from './containers.ts'
import { checkDashboards } from './dashboards.ts'
import { checkRules } from './rules.ts'
import { checkScrape } from './scrape.ts'
import { Missing } from './tools.ts'
import { checkUnits } from './units.ts'

/** Each says what it found, and throws what is wrong; `Missing` where this machine lacks something. */
const CHECKS: Readonly<Record<string, () => Promise<string>>> = {
  rules: checkRules,
  scrape: checkScrape,
  units: checkUnits,
  dashboards: checkDashboards,
  containers: checkContainers,
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in CHECKS))
if (unknown.length > 0) {
  console.error(`operations: expected names among ${Object.keys(CHECKS).join(', ')}, got ${unknown.join(', ')}`)
  process.exitCode = 2
} else {
  for (const [name, check] of Object.entries(CHECKS)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    try {
      console.log(`${name}: ${await check()}`)
    } catch (error) {
      if (error instanceof Missing) console.log(`${name}: SKIPPED, it needs ${error.message}`)
      else {
        console.error(`${name}: FAILED`, error)
        process.exitCode = 1
      }
    }
  }
}
