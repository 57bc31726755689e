// Completion for bash, and by zsh's own emulation of it for zsh. All is in the script: nothing is run when somebody presses the key.

import type { Flag, Place } from './tree.ts'

/** For `source`, or a file that the shell reads at its start. */
export function bashScript(places: readonly Place[]): string {
  return `# Completion of ttx for bash, made by "ttx completion bash".
_ttx() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev= at=ttx i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $prev ]]; then prev=; continue; fi
    case "$at $word" in
${places
  .slice(1)
  .map(({ path }) => `      '${path}') at="$at $word"; continue ;;`)
  .join('\n')}
    esac
    case "$word" in
      ${valued(places)}) prev=$word ;;
    esac
  done
  COMPREPLY=()
  local words= options= files=
  case "$at" in
${places.map(placeCase).join('\n')}
  esac
  case "$at $prev" in
${valueCases(places)}
  esac
  if [[ $words == FILES ]]; then words=; files=yes; elif [[ -z $prev && $cur == -* ]]; then words=$options; files=; fi
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$cur")); fi
  if [[ -n $files ]]; then
    type compopt >/dev/null 2>&1 && compopt -o filenames
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$cur"))
  fi
}
complete -F _ttx ttx
`
}

export function zshScript(places: readonly Place[]): string {
  return `# Completion of ttx for zsh, made by "ttx completion zsh".
autoload -U +X compinit && compinit -i
autoload -U +X bashcompinit && bashcompinit
${bashScript(places).split('\n').slice(1).join('\n')}`
}

function placeCase({ path, commands, options, takesFiles, words }: Place): string {
  const names = options.flatMap((each) => each.names).join(' ')
  const files = takesFiles ? ' files=yes' : ''
  return `    '${path}') words='${[...commands, ...words].join(' ')}' options='${names}'${files} ;;`
}

/** After an option, its value: one of a few words, a file, or what nobody but the user knows. */
function valueCases(places: readonly Place[]): string {
  const cases = places.flatMap(({ path, options }) =>
    options.flatMap((option) => {
      const pattern = option.names.map((name) => `'${path} ${name}'`).join(' | ')
      if (option.value === 'none' || option.value === 'any') return []
      return [`    ${pattern}) words='${option.value === 'file' ? 'FILES' : option.value.join(' ')}' ;;`]
    }),
  )
  return [...cases, "    *' --'* | *' -'?) words= files= ;;"].join('\n')
}

function valued(places: readonly Place[]): string {
  const names = places.flatMap(({ options }) => options.filter(takesValue).flatMap((option) => option.names))
  return [...new Set(names)].join(' | ')
}

function takesValue({ value }: Flag): boolean {
  return value !== 'none'
}
