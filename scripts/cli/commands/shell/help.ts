// ttx help: what `--help` says, and the options that all commands share.

import { Command } from 'commander'
import { settingDefault, settingInfo } from '../../../settings.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { COMMON_SETTINGS } from '../../common-options.ts'
import type { Act, CliContext, Result } from '../../context.ts'
import { addSettings } from '../../setting-flags.ts'

const OPTIONS = 'options'

export function registerHelp(program: Command, act: Act): void {
  addExamples(
    program
      .command('help')
      .helpGroup(AUDIENCE.shell)
      .summary('explain a command, or the options that all share')
      .description(
        'Explain a command, as its --help does; or, as "ttx help options", the options that most commands share; or, without a topic, list all commands.',
      )
      .argument('[topic...]', `the name of a command, or "${OPTIONS}"`)
      .action(act((context, topic: readonly string[]) => explain(program, context, topic))),
    'ttx help options',
    'ttx help wallet create',
  )
}

async function explain(program: Command, { shell: { stdout } }: CliContext, topic: readonly string[]): Promise<Result> {
  if (topic.length === 1 && topic[0] === OPTIONS) return explainOptions(stdout.columns)
  let command = program
  for (const name of topic) {
    const found = command.commands.find((each) => each.name() === name)
    if (found === undefined) failUnknown(topic, command)
    command = found
  }
  let text = ''
  // With the examples, which are not part of `helpInformation()`.
  const output = { ...command.configureOutput() }
  command.configureOutput({ ...output, writeOut: (part) => (text += part) }).outputHelp()
  command.configureOutput(output)
  text = text.trimEnd()
  return { data: { topic, help: text }, text }
}

function explainOptions(columns: number | undefined): Result {
  const holder = addSettings(new Command('ttx'), COMMON_SETTINGS, 'shown')
    .option('--json', 'Print one JSON object on standard output, errors included')
    .helpOption(false)
  const helper = holder.createHelp()
  helper.prepareContext({ helpWidth: columns ?? 80 })
  const width = helper.padWidth(holder, helper)
  const items = helper
    .visibleOptions(holder)
    .map((option) => helper.formatItem(helper.optionTerm(option), width, helper.optionDescription(option), helper))
  const intro =
    'Options that most commands take. Each can also be set by a variable in the environment or in .env: see .env.example.'
  const data = COMMON_SETTINGS.map((key) => {
    const { flag, env, about } = settingInfo(key)
    return { flag, env, about, default: settingDefault(key) }
  })
  return { data: { options: data }, text: [helper.boxWrap(intro, columns ?? 80), '', ...items].join('\n') }
}

/** Ends as any wrong usage does. */
function failUnknown(topic: readonly string[], at: Command): never {
  const known = [...at.commands.map((each) => each.name()), ...(at.parent === null ? [OPTIONS] : [])]
  const expected = known.length === 0 ? `nothing after ${at.name()}` : `one of ${known.join(', ')}`
  return at.error(`error: expected a topic of help, ${expected}; got ${JSON.stringify(topic.join(' '))}`)
}
