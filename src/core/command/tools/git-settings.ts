/** Settings that `git -c` gives for one command: which of them run programs or send data elsewhere. */
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';

const harmless =
  /^(user\.(name|email|useconfigonly)|author\.\w+|committer\.\w+|color\..+|core\.(quotepath|autocrlf|eol|safecrlf|longpaths|filemode|ignorecase|precomposeunicode|abbrev|commentchar|whitespace|preloadindex|compression|bigfilethreshold|untrackedcache|logallrefupdates|checkstat|trustctime|symlinks|protecthfs|protectntfs)|advice\..+|commit\.(gpgsign|verbose|cleanup|status)|tag\.(gpgsign|sort|forcesignannotated)|push\.(default|followtags|gpgsign|autosetupremote)|pull\.(rebase|ff)|rebase\.(autosquash|autostash|updaterefs|stat|missingcommitscheck)|merge\.(conflictstyle|ff|renames|stat|log|renamelimit|directoryrenames)|diff\.(algorithm|renames|renamelimit|colormoved|context|mnemonicprefix|noprefix|wserrorhighlight|submodule|statgraphwidth|indentheuristic|interhunkcontext|dirstat|ignoresubmodules|suppressblankempty|wordregex)|log\..+|format\.(pretty|subjectprefix)|fetch\.(prune|prunetags|parallel|writecommitgraph)|gc\.(auto|autodetach)|maintenance\.auto|init\.defaultbranch|i18n\..+|status\..+|branch\.(sort|autosetupmerge|autosetuprebase)|checkout\.\w+|clone\.(defaultremotename|rejectshallow)|column\.\w+|grep\.\w+|blame\.(?!ignorerevsfile)\w+|stash\.\w+|index\.\w+|pack\.\w+|safe\.directory|submodule\.(recurse|fetchjobs)|transfer\.\w+|receive\.\w+|http\.(version|postbuffer|lowspeedlimit|lowspeedtime|maxrequests)|feature\.\w+|interactive\.singlekey|help\.autocorrect|lfs\.(skipdownloaderrors|concurrenttransfers))$/;

const namesCommand =
  /^(core\.(pager|editor|sshcommand|askpass|fsmonitor|gitproxy)|sequence\.editor|pager\..+|diff\.external|diff\..+\.(command|textconv)|difftool\..+\.(cmd|path)|mergetool\..+\.(cmd|path)|merge\..+\.driver|filter\..+\.(clean|smudge|process)|gpg(\..+)?\.(program|defaultkeycommand)|interactive\.difffilter|browser\..+\.(cmd|path)|man\..+\.(cmd|path)|credential(\..+)?\.helper|trailer\..+\.(cmd|command)|tar\..+\.command|sendemail\.(sendmailcmd|tocmd|cccmd)|uploadpack\.packobjectshook|help\.browser|instaweb\.httpd)$/;

/** One `name=value`. */
export function applySetting(call: Call, setting: Field): void {
  if (!setting.known) {
    const name = setting.prefix.includes('=') ? (setting.prefix.split('=')[0] ?? '').toLowerCase() : '';
    if (!harmless.test(name)) call.opaque('exec', setting.text, 'the setting may run programs');
    return;
  }
  const equals = setting.text.indexOf('=');
  const name = (equals < 0 ? setting.text : setting.text.slice(0, equals)).toLowerCase();
  const value = equals < 0 ? 'true' : setting.text.slice(equals + 1);
  if (harmless.test(name)) return;
  if (name.startsWith('alias.')) {
    call.trait('runs-code');
    if (value.startsWith('!')) call.runner.runText(literal(value.slice(1), setting.span), call);
    else call.runner.runText(literal(`git ${value}`, setting.span), call);
  } else if (namesCommand.test(name)) {
    if (value === '' || /^(true|false|cat|less|:)$/.test(value)) return;
    call.trait('runs-code');
    if (/^credential\b/.test(name)) {
      call.credential('git');
      if (/^(store|cache|osxkeychain|manager(-core)?|libsecret)\b/.test(value)) return;
      call.runner.runText(literal(value.replace(/^!/, ''), setting.span), call);
    } else call.runner.runText(literal(value, setting.span), call);
  } else call.opaque('exec', setting.text, 'the setting may run programs or change where data goes');
}
