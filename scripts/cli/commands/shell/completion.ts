// ttx completion: what a shell has to know to complete command lines.

import { Argument, type Command } from 'commander'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { bashScript, zshScript } from '../../completion/bash.ts'
import { fishScript } from '../../completion/fish.ts'
import { type Place, placesOf } from '../../completion/tree.ts'
import type { Act, Result } from '../../context.ts'

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Record<
  string,
  (places: readonly Place[]) => string
>
type ShellName = keyof typeof SHELLS

export function registerCompletion(program: Command, act: Act): void {
  addExamples(
    program
      .command('completion')
      .helpGroup(AUDIENCE.shell)
      .summary('have a shell complete command lines')
      .description(
        'Print a script with which a shell completes commands, options and files behind the word "ttx": source it in the file that the shell reads at its start. All is in the script, so that the key answers at once; make it again after an update.',
      )
      .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SHELLS)))
      .action(act((_context, shell: ShellName) => script(program, shell))),
    'ttx completion bash > ~/.ttx-completion && echo "source ~/.ttx-completion" >> ~/.bashrc',
    'ttx completion zsh > ~/.ttx-completion && echo "source ~/.ttx-completion" >> ~/.zshrc',
    'ttx completion fish > ~/.config/fish/completions/ttx.fish',
  )
}

async function script(program: Command, shell: ShellName): Promise<Result> {
  const text = SHELLS[shell](placesOf(program))
  return { data: { shell, script: text }, text: text.trimEnd() }
}
