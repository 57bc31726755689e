// The dashboards in the eyes of the types that Grafana publishes. Grafana itself is not in Debian, so no server loads them here.

import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fetchPackages, OPERATIONS } from './tools.ts'

const SCHEMA = '@grafana/schema@13.2.3'
const TYPES = './node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen.js'
const TSC = new URL('../../../node_modules/.bin/tsc', import.meta.url).pathname

export async function checkDashboards(): Promise<string> {
  await using packages = await fetchPackages([SCHEMA])
  const files = (await readdir(join(OPERATIONS, 'grafana'))).filter((name) => name.endsWith('.json'))
  for (const file of files) {
    const text = await readFile(join(OPERATIONS, 'grafana', file), 'utf8')
    // The only enum of words; the others are numbers.
    const value = text.replaceAll('"mode": "absolute"', '"mode": ThresholdsMode.Absolute')
    const source = `import { type Dashboard, ThresholdsMode } from '${TYPES}'\nexport const dashboard: Dashboard = ${value}\nexport const used = ThresholdsMode\n`
    await writeFile(join(packages.folder, file.replace('.json', '.ts')), source)
  }
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--moduleResolution', 'bundler', '--module', 'esnext']
  const sources = files.map((file) => file.replace('.json', '.ts'))
  await promisify(execFile)(TSC, [...flags, '--target', 'es2022', ...sources], { cwd: packages.folder })
  return `${files.length} dashboards have the types of ${SCHEMA}; no Grafana was started`
}
