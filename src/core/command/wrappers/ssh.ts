/** Shells on other machines: what runs there is beyond this one, what runs here for them is not. */
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { flag, optionValue, optionValues, reads, value, writes } from '../options.ts';
import { tool } from '../tool.ts';

export const ssh = tool({
  traits: ['network', 'publishes'],
  hides: 'exec',
  style: { stopAtOperand: true },
  options: {
    '-4 -6 -A -a -C -f -G -g -K -k -M -N -n -q -s -T -t -V -v -X -x -Y -y': flag,
    '-B -b -c -D -e -I -L -l -m -O -p -Q -R -S -W -w -P -o': value,
    '-E': writes,
    '-F -i': reads,
    '-J': { takes: 'value', effect: 'connect' },
  },
  apply: (call, parsed) => {
    for (const option of optionValues(parsed, '-o')) sshOption(call, option);
    if (optionValue(parsed, '-F') !== null)
      call.opaque('exec', optionValue(parsed, '-F')?.text ?? '', 'its settings may run commands');
    const [host] = parsed.operands;
    if (host === undefined) return;
    const port = optionValue(parsed, '-p');
    const number = port?.known === true && /^\d{1,5}$/.test(port.text) ? Number(port.text) : 22;
    call.connectToField(host, number);
    // What runs there is beyond this machine: it is only named.
  },
});

export function sshOption(call: Call, option: Field): void {
  const match = /^\s*(\w+)\s*[=\s]\s*(.*)/s.exec(option.text);
  const name = match?.[1]?.toLowerCase() ?? '';
  if (!option.known || match === null) {
    call.opaque('exec', option.text, 'the setting may run commands');
  } else if (
    /^(proxycommand|localcommand|knownhostscommand|permitlocalcommand|pkcs11provider|securitykeyprovider|xauthlocation|proxyusefdpass|include|match)$/.test(
      name,
    )
  ) {
    if (name === 'proxycommand' || name === 'localcommand' || name === 'knownhostscommand')
      call.runner.runText(literal(match[2] ?? '', option.span), call);
    else call.opaque('exec', option.text, 'the setting may run commands');
  } else if (name === 'proxyjump') call.connectToField(literal(match[2] ?? '', option.span), 22);
  else if (/^(userknownhostsfile|globalknownhostsfile)$/.test(name))
    call.write(literal(match[2] ?? '', option.span));
}
