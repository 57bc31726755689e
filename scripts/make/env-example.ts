// Writes `.env.example` from the settings: `npx node scripts/make/env-example.ts > .env.example`. A test holds the two together.

import { SETTING_KEYS, settingDefault, settingInfo } from '../settings.ts'

/** The text of `.env.example`: each setting with its meaning, commented out. */
export function formatEnvExample(): string {
  const entries = SETTING_KEYS.map((key) => {
    const { env, flag, about, example, secret } = settingInfo(key)
    const instead = flag === undefined ? 'No flag: others can list the flags of a running program' : `Flag: ${flag}`
    const preset = settingDefault(key)
    const lines = [`# ${about}.`, `# ${instead}.${preset === undefined ? '' : ` Default: ${preset}.`}`]
    if (secret) lines.push('# A secret: keep this file to yourself (chmod 600 .env).')
    return [...lines, `# ${env}=${/[ #]/.test(example) ? `"${example}"` : example}`].join('\n')
  })
  const head = [
    '# Settings of TorrentTX. Copy this file to .env in the folder from which you run ttx, and take the # off the lines you want.',
    '# A flag beats the environment, the environment beats .env. Written by scripts/make/env-example.ts; edit scripts/settings.ts instead.',
  ]
  return `${[head.join('\n'), ...entries].join('\n\n')}\n`
}

if (import.meta.main) process.stdout.write(formatEnvExample())
