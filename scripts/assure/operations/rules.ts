// The alert rules in the eyes of Prometheus, and each of them tried.

import { join } from 'node:path'
import { call, OPERATIONS } from './tools.ts'

export const NEEDS_PROMETHEUS = 'Prometheus and promtool in the PATH (apt-get install prometheus)'

export async function checkRules(): Promise<string> {
  const promtool = (...args: readonly string[]) =>
    call('promtool', args, { needs: NEEDS_PROMETHEUS, folder: join(OPERATIONS, 'prometheus') })
  const rules = await promtool('check', 'rules', 'alerts.yml')
  await promtool('check', 'config', 'prometheus.yml')
  await promtool('check', 'config', '--syntax-only', '../container/prometheus.yml')
  const tests = await promtool('test', 'rules', 'alerts.test.yml')
  const version = (await promtool('--version')).split('\n')[0]
  return `${/\d+ rules found/.exec(rules)?.[0]}, unit tests ${/SUCCESS/.exec(tests)?.[0]}, by ${version}`
}
