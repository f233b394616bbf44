/** Command lines of other shells, which Bash would read as something else. */

const powershell =
  /(^|[;|&{(\n]\s*)\s*(powershell|pwsh)(\.exe)?\s|(^|[;|&{(\n]\s*)\s*(Get|Set|New|Remove|Invoke|Start|Stop|Out|Write|Import|Export|Add|Copy|Move|Rename|Test|Select|Where|ForEach|ConvertTo|ConvertFrom|Clear|Expand|Compress|Resolve|Split|Join|Push|Pop|Read|Register|Unregister|Enable|Disable|Suspend|Wait|Restart|Update|Install|Unblock)-[A-Z]\w+(\s|$|\|)|(^|[;|&{(\n]\s*)\s*(iex\s+[($"'&]|(irm|iwr)\s)|\|\s*iex\b|-ExecutionPolicy\b|\[(Convert|Text\.Encoding|IO\.\w+|Net\.\w+|Environment|Reflection\.\w+)\]::|\$env:[A-Za-z_]|\$PSVersionTable|\[System\.[A-Z]|(^|\n)\s*\$\w+\s+=\s/;
const cmd =
  /(^|[&|]\s*)\s*(cmd(\.exe)?\s+\/[ckCK]|(del|erase|rmdir|rd|copy|xcopy|move|attrib|format|dir|type)\s+(\/[a-zA-Z]+\s+)*([A-Za-z]:\\|\/[a-zA-Z](\s|$)))|%[A-Za-z_]+%(\\|\s|$)|(^|\n)\s*@echo\s+off|(^|[&|\n]\s*)\s*(for\s+\/[fFdDrRlL]\s|if\s+(not\s+)?(exist|errorlevel)\s|(xcopy|robocopy|icacls|takeown|schtasks|wmic|certutil|bitsadmin|mshta|regsvr32|rundll32|vssadmin|diskpart|bcdedit|cipher)(\.exe)?\s+[/-])|(^|[&|]\s*)\s*(reg|schtasks|sc|net|wmic)(\.exe)\s/i;

/** A script of another shell that is only written to a file. */
const hereDocument = /(<<-?\s*(['"]?)(\w+)\2[^\n]*\n)[^]*?\n\s*\3(?=\n|$)/g;

/** What the long patterns cannot do without, to pass over most texts quickly. */
const hintsPowershell =
  /[a-z]-[A-Z]|\bi(ex|rm|wr)\b|pwsh|owershell|\]::|\$env:|\$PS|\[System\.|\$\w+\s+=|-Exec/;
const hintsCmd =
  /[\\%]|\s\/|@echo|exist|errorlevel|\.exe|certutil|bitsadmin|mshta|regsvr32|rundll32|vssadmin|diskpart|bcdedit/i;

export function foreignShell(text: string): 'PowerShell' | 'cmd.exe' | null {
  if (text.length > 4_096) return foreignShell(text.slice(0, 4_096));
  const own = text.includes('<<') ? text.replace(hereDocument, '$1') : text;
  if (hintsPowershell.test(own) && powershell.test(own)) return 'PowerShell';
  return hintsCmd.test(own) && cmd.test(own) ? 'cmd.exe' : null;
}
