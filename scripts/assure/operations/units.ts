// The units in the eyes of systemd.

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { call, OPERATIONS, temporary } from './tools.ts'

/** Of 10, where 10 is a process that may do everything: `systemd-analyze security`. */
const MOST_EXPOSED = 2

export async function checkUnits(): Promise<string> {
  const needs = 'systemd-analyze in the PATH (a machine with systemd, which need not run it)'
  await using folder = await temporary()
  const names = (await readdir(join(OPERATIONS, 'systemd'))).sort()
  for (const name of names) {
    const text = await readFile(join(OPERATIONS, 'systemd', name), 'utf8')
    // What it starts has to be there.
    const here = text.replace(/^ExecStart=\S+ \S+/m, `ExecStart=${process.execPath} ${import.meta.filename}`)
    await writeFile(join(folder.path, name), here.replace('/opt/torrenttx', folder.path))
  }
  const options = { needs, folder: folder.path }
  const paths = names.map((name) => join(folder.path, name))
  const said = await call('systemd-analyze', ['verify', '--man=no', ...paths], options)
  if (said.trim() !== '') throw new Error(`systemd-analyze verify says: ${said}`)
  const exposures: number[] = []
  for (const path of paths) {
    const text = await call('systemd-analyze', ['security', '--offline=true', '--no-pager', path], options)
    exposures.push(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(text)?.[1] ?? 10))
  }
  if (exposures.some((each) => each > MOST_EXPOSED)) throw new Error(`units are exposed: ${exposures.join(', ')} of 10`)
  return `${names.length} units verified, exposure ${exposures.join(', ')} of 10`
}
