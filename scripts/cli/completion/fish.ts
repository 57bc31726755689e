// Completion for fish, which shows what each word is for.

import type { Place } from './tree.ts'

/** For `source`, or a file in ~/.config/fish/completions. */
export function fishScript(places: readonly Place[]): string {
  const about = new Map(places.map((place) => [place.path, place.about]))
  const lines = places.flatMap((place) => {
    const at = `complete -c ttx -n '__ttx_at "${place.path}"'`
    return [
      ...place.commands.map((name) => `${at} -a ${name} -d ${quote(about.get(`${place.path} ${name}`) ?? '')}`),
      ...place.words.map((word) => `${at} -a ${word}`),
      ...(place.takesFiles ? [`${at} -F`] : []),
      ...place.options.map(({ names, about: text, value }) => {
        const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
        const takes =
          value === 'none'
            ? ''
            : value === 'any'
              ? ' -x'
              : value === 'file'
                ? ' -r -F'
                : ` -x -a ${quote(value.join(' '))}`
        return `${at} ${flags.join(' ')}${takes} -d ${quote(text)}`
      }),
    ]
  })
  return `# Completion of ttx for fish, made by "ttx completion fish".
function __ttx_at
  set -l at ttx
  for word in (commandline -opc)[2..-1]
    contains -- "$at $word" ${places
      .slice(1)
      .map(({ path }) => `'${path}'`)
      .join(' ')}; and set at "$at $word"
  end
  test "$at" = "$argv[1]"
end
complete -c ttx -f
${lines.join('\n')}
`
}

/** Its first sentence, short enough for a line beside the word. */
function quote(text: string): string {
  const [first = ''] = text.split(/[;.:]\s| \[TTX_/)
  return `'${first.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
