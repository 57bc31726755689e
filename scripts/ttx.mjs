#!/usr/bin/env node
// Where the program `ttx` starts: what makes it start fast, and then the program. Plain JavaScript: for one file of TypeScript that is not in the cache
// of compiled code, Node loads a compiler, which takes as long as all of `ttx --version`. It may be started by an old Node, as a link to it in the PATH is.

import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

if (process.features.typescript) await start()
else runAgain(join(root, 'node_modules', '.bin', 'node'))

async function start() {
  // Within the installation, since code that others could write there would be run.
  nodeModule.enableCompileCache(join(root, 'node_modules', '.cache', 'ttx'))
  const { useBundledPackages } = await import('./bundled-packages.ts')
  useBundledPackages(root)
  await import('./ttx.ts')
}

/** By the Node that `npm ci` has installed; it gets our signals, and we end as it does. */
function runAgain(node) {
  if (!isAnother(node)) {
    const need = 'expected a Node that runs TypeScript (22.18 or newer)'
    process.stderr.write(
      `ttx: ${need}, got ${process.version} at ${process.execPath}, and no newer one at ${node}; run "npm ci" in ${root}\n`,
    )
    process.exitCode = 1
    return
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const pass = (signal) => child.kill(signal)
  for (const signal of signals) process.on(signal, pass)
  child.on('error', (error) => {
    process.stderr.write(`ttx: expected to run ${node}, got ${error.message}; run "npm ci" in ${root}\n`)
    process.exitCode = 1
  })
  child.on('exit', (exitCode, signal) => {
    for (const each of signals) process.off(each, pass)
    if (signal === null) process.exitCode = exitCode
    else process.kill(process.pid, signal)
  })
}

/** Else it would start itself forever. */
function isAnother(node) {
  try {
    return realpathSync(node) !== realpathSync(process.execPath)
  } catch {
    return false
  }
}
