// The native kernels are built by any compiler of the machine, refuse what they cannot search, and are missed by nobody where they are not.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { buildNative } from '../../../../../scripts/make/native.ts'

const state = new Uint8Array(200)

for (const compiler of ['gcc', 'clang']) {
  const skip = spawnSync(compiler, ['--version']).error === undefined ? false : `no ${compiler} here`
  test(`${compiler} builds what Node loads, and the same kernels find the same`, { skip }, async (t) => {
    const addon = await build(t, compiler)
    assert.equal(addon.kernels[0], 'simd128')
    const found = addon.kernels.map((_: string, kernel: number) => {
      const hits: number[] = []
      for (let from = 0; from < 20_000; ) {
        const steps = addon.search(kernel, state, BigInt(from), 20_000 - from, 2n ** 56n)
        if (from + steps < 20_000) hits.push(from + steps)
        from += steps + 1
      }
      return hits
    })
    assert(found[0].length > 40)
    for (const hits of found) assert.deepEqual(hits, found[0])
  })
}

test('it refuses what it cannot search, and says what it expects', async (t) => {
  const { search, kernels } = await build(t, process.env['CC'] ?? 'cc')
  const right = [0, state, 0n, 8, 0n]
  assert.equal(search(...right), 8)
  assert.equal(search(0, state, 0n, 0, 2n ** 64n - 1n), 0)
  const wrong: readonly unknown[][] = [
    [],
    right.slice(1),
    [kernels.length, ...right.slice(1)],
    [-1, ...right.slice(1)],
    ['0', ...right.slice(1)],
    [0, new Uint8Array(199), 0n, 8, 0n],
    [0, new Uint16Array(100), 0n, 8, 0n],
    [0, [...state], 0n, 8, 0n],
    [0, undefined, 0n, 8, 0n],
    [0, state, 0, 8, 0n],
    [0, state, -1n, 8, 0n],
    [0, state, 2n ** 64n, 8, 0n],
    [0, state, 0n, 2 ** 31, 0n],
    [0, state, 0n, 8n, 0n],
    [0, state, 0n, 8, 2n ** 64n],
  ]
  for (const args of wrong)
    assert.throws(() => search(...args), { name: 'TypeError', message: /^expected / }, `${args}`)
  const detached = new Uint8Array(200)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  assert.throws(() => search(0, detached, 0n, 8, 0n), TypeError)
})

test('without a compiler, and with one that fails, the reason is told and nothing is left', async (t) => {
  const folder = await folderOf(t)
  const failing = join(folder, 'failing-cc')
  await writeFile(failing, '#!/bin/sh\necho "cannot do it" >&2\nexit 1\n')
  await chmod(failing, 0o755)
  await assert.rejects(
    withCompiler(failing, join(folder, 'a')),
    /failing-cc to compile the native kernels, got: cannot do it/,
  )
  await assert.rejects(
    withCompiler(join(folder, 'none'), join(folder, 'b')),
    /expected a C compiler \(.*none\), found none/,
  )
})

async function build(t: TestContext, compiler: string) {
  const file = await withCompiler(compiler, await folderOf(t))
  return createRequire(import.meta.url)(file)
}

async function withCompiler(compiler: string, folder: string): Promise<string> {
  const before = process.env['CC']
  process.env['CC'] = compiler
  try {
    return await buildNative(folder)
  } finally {
    if (before === undefined) delete process.env['CC']
    else process.env['CC'] = before
  }
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-native-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}
