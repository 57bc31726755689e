// The packages that a program takes in one file each: they are whole, the same as without it, and never a reason why a command does not run.

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundleFolder, NAMES } from '../../../../scripts/bundled-packages.ts'
import { bundlePackages } from '../../../../scripts/make/bundled-packages.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'ttx-bundle-'))
after(() => rm(folder, { recursive: true, force: true }))

/** What each name exports, and where from, by a process that starts with these flags and no others. */
async function look(flags: readonly string[]): Promise<{ exports: Record<string, string[]>; files: string[] }> {
  const source = `
    const names = ${JSON.stringify(NAMES)}
    const exports = {}
    for (const name of names) exports[name] = Object.keys(await import(name)).filter((each) => each !== 'module.exports').sort()
    console.log(JSON.stringify({ exports, files: names.map((name) => import.meta.resolve(name)) }))`
  const env = { ...process.env, NODE_OPTIONS: '' }
  const args = [...flags, '--input-type=module', '--eval', source]
  const { stdout } = await run(process.execPath, args, { cwd: root, env })
  return JSON.parse(stdout)
}

test('the bundled packages export all that the packages themselves do, and are taken in their place', async () => {
  const flag = await bundlePackages(root)
  const [plain, bundled] = await Promise.all([look([]), look([flag])])
  assert.deepEqual(bundled.exports, plain.exports)
  assert.ok(
    bundled.files.every((file) => file.includes('/.cache/ttx-packages-')),
    bundled.files.join(),
  )
  assert.ok(
    plain.files.every((file) => !file.includes('/.cache/')),
    plain.files.join(),
  )
  assert.equal(await bundlePackages(root), flag, 'made once')
})

/** An installation of its own: our sources, and the packages by links, with the bundle copied from ours. */
async function installation(name: string): Promise<{ readonly at: string; readonly bundle: string }> {
  await bundlePackages(root)
  const at = join(folder, name)
  await mkdir(join(at, 'node_modules', '.cache'), { recursive: true })
  for (const each of ['scripts', 'node', 'miner', 'deployments'])
    await cp(join(root, each), join(at, each), { recursive: true })
  await cp(join(root, 'package.json'), join(at, 'package.json'))
  for (const each of await readdir(join(root, 'node_modules'))) {
    if (each !== '.cache') await symlink(join(root, 'node_modules', each), join(at, 'node_modules', each))
  }
  const bundle = bundleFolder(at)
  await cp(bundleFolder(root), bundle, { recursive: true })
  return { at, bundle }
}

/** Where `zod`, of which each command needs something, came from in a run of `ttx --help`. */
async function helpOf(at: string): Promise<{ readonly out: string; readonly zod: string }> {
  const spy = join(folder, 'spy.mjs')
  await writeFile(
    spy,
    `import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) {
      if (/\\/zod(\\.mjs|\\/index\\.js)$/.test(url)) process.stderr.write('zod from ' + url + '\\n')
      return next(url, context)
    } })`,
  )
  const { stdout, stderr } = await run(process.execPath, ['--import', spy, join(at, 'scripts/ttx.mjs'), '--help'], {
    env: { PATH: process.env['PATH'] },
  })
  return { out: stdout, zod: /zod from (.*)/.exec(stderr)?.[1] ?? '' }
}

test('a bundle that is missing, was cut off or is of other packages is passed over in silence', async () => {
  const { at, bundle } = await installation('whole')
  const whole = await helpOf(at)
  assert.match(whole.out, /Hold, pay and bridge:/)
  assert.match(whole.zod, /ttx-packages-.*\/zod\.mjs$/)

  await truncate(join(bundle, 'viem.mjs'), 100)
  assert.deepEqual({ ...(await helpOf(at)), zod: '' }, { out: whole.out, zod: '' }, 'a file that was cut off')
  assert.match((await helpOf(at)).zod, /node_modules\/zod\/index\.js$/)

  await truncate(join(bundle, 'hook.cjs'), 100)
  assert.equal((await helpOf(at)).out, whole.out, 'a hook that was cut off')

  await rm(bundle, { recursive: true })
  assert.equal((await helpOf(at)).out, whole.out, 'no bundle')

  await cp(bundleFolder(root), bundle, { recursive: true })
  await rm(join(at, 'node_modules', '.package-lock.json'))
  await writeFile(join(at, 'node_modules', '.package-lock.json'), '{"other":true}')
  assert.match((await helpOf(at)).zod, /node_modules\/zod\/index\.js$/, 'other packages')
})

test('a package that was changed by hand is taken as it is, and a bundle made anew has the change', async () => {
  const { at, bundle } = await installation('changed')
  const zod = join(at, 'node_modules', 'zod')
  await rm(zod)
  await cp(join(root, 'node_modules', 'zod'), zod, { recursive: true, preserveTimestamps: true })
  assert.match((await helpOf(at)).zod, /ttx-packages-.*\/zod\.mjs$/, 'the same to the time')
  const file = join(zod, 'v4', 'classic', 'schemas.js')
  const before = await readFile(file, 'utf8')
  // As long as before, and longer.
  for (const after of [before, `${before}\n`]) {
    await writeFile(file, after)
    assert.match((await helpOf(at)).zod, /node_modules\/zod\/index\.js$/)
  }
  await writeFile(file, `${before}\n;globalThis.changedByHand = true\n`)
  const flag = await bundlePackages(at)
  assert.match((await helpOf(at)).zod, /ttx-packages-.*\/zod\.mjs$/)
  const { stdout } = await run(
    process.execPath,
    [flag, '--eval', "import('zod').then(() => console.log(globalThis.changedByHand))"],
    {
      cwd: at,
      env: { PATH: process.env['PATH'] },
    },
  )
  assert.equal(stdout, 'true\n')
  assert.equal(await bundlePackages(at), flag)
  assert.deepEqual(await readdir(join(bundle, '..')), [basename(bundle), 'ttx'].toSorted())
})

test('an install makes a bundle that is damaged anew, and clears what a killed one left', async () => {
  const { at, bundle } = await installation('damaged')
  const { pid } = spawnSync(process.execPath, ['--version']) // nobody's any more
  const [dead, alive] = [`${bundle}-${pid}`, `${bundle}-${process.ppid}`]
  for (const damage of ['hook.cjs', 'whole.cjs', 'zod.mjs']) {
    for (const draft of [dead, alive, `${bundle}-${process.pid}`]) {
      await mkdir(draft, { recursive: true })
      await writeFile(join(draft, 'half.mjs'), 'export')
    }
    await truncate(join(bundle, damage), 7)
    const flag = await bundlePackages(at)
    await run(process.execPath, [flag, '--eval', ''], { env: {} }) // fails where the hook does
    assert.match((await helpOf(at)).zod, /ttx-packages-.*\/zod\.mjs$/, damage)
    const left = (await readdir(join(bundle, '..'))).filter((name) => name !== 'ttx')
    assert.deepEqual(left.toSorted(), [basename(bundle), basename(alive)].toSorted())
    assert.ok(!(await readdir(bundle)).includes('half.mjs'))
  }
})
