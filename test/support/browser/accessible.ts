// What axe finds on a page that keeps somebody out: WCAG 2.2 A and AA, what it calls serious or critical.

import axe from 'axe-core'
import type { Page } from 'playwright-core'

type Finding = {
  readonly id: string
  readonly impact: string
  readonly help: string
  readonly where: readonly string[]
}

const OPTIONS = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }
/** Run in the page, which has none of our types. */
const RUN = `(async () => {
  const { violations } = await axe.run(document, ${JSON.stringify(OPTIONS)})
  return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, where: nodes.map(({ html }) => html.slice(0, 200)) }))
})()`

export async function barriers(page: Page): Promise<readonly Finding[]> {
  await page.evaluate(axe.source)
  const found: readonly Finding[] = await page.evaluate(RUN)
  return found.filter(({ impact }) => impact === 'serious' || impact === 'critical')
}
