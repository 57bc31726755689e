// Completes an install that was started by an old Node, which skips optional packages that want a newer one, and makes the bundle from which commands
// take their packages, the web page of nodes and the native kernels of miners. Plain JavaScript, because it may itself run under that old Node.
//
// npm decides by the Node it runs on which optional packages fit. Hardhat's native part (@nomicfoundation/edr-*) wants
// Node 22; under Node 20 npm leaves it out without a word and Hardhat dies later. The package `node` has by now put a
// Node 24 into node_modules/.bin, so a second pass, run by that one, adds what is missing.
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const minimumMajor = 22
const secondPass = 'TTX_SECOND_INSTALL_PASS'

const userAgent = process.env.npm_config_user_agent ?? ''
const npmCli = process.env.npm_execpath
const npmNodeMajor = Number(/\bnode\/v(\d+)/.exec(userAgent)?.[1] ?? minimumMajor)

if (npmNodeMajor < minimumMajor && npmCli !== undefined && process.env[secondPass] === undefined) {
  const ownMajor = Number(process.versions.node.split('.')[0])
  if (ownMajor < minimumMajor) {
    console.error(
      `postinstall: expected Node ${minimumMajor} or newer from the package "node", got ${process.version} at ${process.execPath}; ` +
        'allow its install script (do not use --ignore-scripts) and run npm ci again',
    )
    process.exit(1)
  }
  console.log(
    `npm runs on Node ${npmNodeMajor}; Node ${ownMajor} from npm now completes the install and runs everything ` +
      '(EBADENGINE warnings are expected)',
  )
  const result = spawnSync(
    process.execPath,
    [npmCli, 'install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'],
    {
      stdio: 'inherit',
      env: { ...process.env, [secondPass]: '1' },
    },
  )
  if (result.error !== undefined) throw result.error
  if (result.status !== 0) process.exit(result.status ?? 1)
}

// The second pass leaves it to the first, which ends after it.
if (process.env[secondPass] === undefined) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  // Either fails in an install without development packages, or in one that cannot be written to.
  try {
    const { bundlePackages } = await import('./make/bundled-packages.ts')
    await bundlePackages(root)
  } catch (error) {
    console.log(`commands will start more slowly: ${error}`)
  }
  try {
    const { buildPage } = await import('./make/page.ts')
    await buildPage(root)
  } catch (error) {
    console.log(`nodes will have no web page: ${error}`)
  }
  try {
    const { buildNative } = await import('./make/native.ts')
    await buildNative()
  } catch (error) {
    console.log(`miners will search by WebAssembly, since the faster kernels were not built: ${error.message}`)
  }
}
