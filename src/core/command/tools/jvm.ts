import type { Call } from '../call.ts';
import { named, tool } from '../tool.ts';

/** Goals and tasks are the project's own; some of them publish, and some bring what the lock file does not. */
function projectBuild(call: Call): void {
  call.trait('builds', 'writes', 'installs', 'network');
  call.connectTo('registry:maven');
  call.words.forEach((word, index) => {
    const next = call.words[index + 1];
    const { text } = word;
    if (!word.known && (word.many || word.prefix === '' || word.prefix.startsWith('-')))
      call.opaque('exec', text, 'the word may be an option');
    if (
      /^(deploy|site-deploy|deploy:deploy(-file)?|release:\w+|publish\w*|uploadArchives|upload\w*|:?[\w:-]*:(publish|upload)\w*|jib|dockerPush\w*|jreleaser\w*)$/.test(
        text,
      )
    )
      call.trait('publishes', 'credentials');
    if (
      /^(versions:(set|use|update)[\w-]*|dependency:get|wrapper|--write-locks|--update-locks|--write-verification-metadata)$/.test(
        text,
      )
    )
      call.trait('dependencies');
    if (
      /^(-f|--file|-b|--build-file|-p|--project-dir|-I|--init-script|-c|--settings-file|--include-build)$/.test(
        text,
      ) &&
      next !== undefined
    ) {
      call.trait('runs-code');
      call.read(next, true);
    } else if (/^(-s|--settings|-gs|--global-settings|-t|--toolchains)$/.test(text) && next !== undefined) {
      call.trait('runs-code');
      call.read(next);
    }
    if (/^(exec:exec|exec:java|antrun:run|run|bootRun|jshell|shell|console)$/.test(text))
      call.trait('runs-code');
    if (/^-D(exec\.|maven\.ext|org\.gradle\.(java\.home|jvmargs)|javaagent)|^-(javaagent|J)/.test(text))
      call.opaque('exec', text, 'it says what the build runs');
  });
}

const builds = tool({ hides: 'exec', raw: projectBuild });

export const jvmTools = named({
  'mvn mvnw mvnd gradle gradlew ant sbt lein clojure clj mill': builds,
  'java javaw': tool({
    traits: ['runs-code'],
    hides: 'exec',
    lenient: true,
    style: { singleDash: true, stopAtOperand: true },
    options: {
      '-jar': 'load',
      '-cp -classpath --class-path -p --module-path': 'value',
      '-m --module --add-modules --add-opens --add-exports --add-reads': 'value',
      '-javaagent -agentlib -agentpath -XX:OnError -XX:OnOutOfMemoryError': 'hides-exec',
      '-version --version -help --help -X': 'mark',
    },
    apply: (call, parsed) => {
      for (const word of parsed.strange)
        if (/^-(javaagent|agentlib|agentpath|XX:On|XX:Flags|Xrun|Xbootclasspath)/.test(word.text))
          call.opaque('exec', word.text, 'it loads code into the machine');
      const [main] = parsed.operands;
      if (main?.text.startsWith('@') === true) call.opaque('exec', main.text, 'the options come from a file');
      else if (main !== undefined && /\.java$/.test(main.text)) call.read(main);
    },
  }),
  'javac kotlinc scalac groovyc ecj': tool({
    traits: ['builds', 'writes'],
    hides: 'exec',
    lenient: true,
    style: { singleDash: true },
    options: {
      '-d -s -h': { takes: 'value', effect: 'write-tree' },
      '-cp -classpath --class-path -sourcepath -source -target --release -encoding -proc': 'value',
      '-processor -processorpath --processor-path -Xplugin -J': 'hides-exec',
    },
    apply: (call, parsed) => {
      for (const word of parsed.strange)
        if (/^-(J|processor|Xplugin|A)/.test(word.text))
          call.opaque('exec', word.text, 'it loads code into the compiler');
      for (const operand of parsed.operands) call.readOrOptions(operand);
    },
  }),
  'kotlin scala amm': tool({
    traits: ['runs-code'],
    hides: 'exec',
    options: { '-e -expression': { takes: 'value', effect: 'code' }, '-cp -classpath': 'value' },
    style: { singleDash: true, stopAtOperand: true },
    lenient: true,
    apply: (call, parsed) => {
      const [script] = parsed.operands;
      if (script !== undefined && /\.(kts?|scala|sc)$/.test(script.text)) call.script(script);
    },
  }),
  jar: tool({
    traits: ['reads', 'writes'],
    hides: 'write',
    raw: (call) => {
      const [mode, archive, ...files] = call.words;
      if (archive !== undefined) call.write(archive);
      if (mode !== undefined && /x|--extract/.test(mode.text))
        call.writeAnywhereBelow({ ...mode, text: '.', prefix: '.', known: true });
      for (const file of files) call.read(file, true);
    },
  }),
  'javadoc javap jdeps jlink jpackage jmod jarsigner': tool({
    traits: ['reads', 'writes'],
    hides: 'exec',
    lenient: true,
    options: {
      '-d --output': { takes: 'value', effect: 'write-tree' },
      '-keystore': 'read',
      '-doclet -docletpath -J': 'hides-exec',
    },
    operands: 'read',
  }),
  keytool: tool({
    traits: ['credentials'],
    hides: 'write',
    lenient: true,
    options: { '-keystore': 'write' },
    style: { singleDash: true },
  }),
  'ktlint detekt checkstyle spotless google-java-format pmd spotbugs scalafmt scalafix cljfmt': tool({
    traits: ['builds'],
    hides: 'exec',
    lenient: true,
    options: {
      '-F --format -i --replace': { takes: 'nothing', traits: ['writes'] },
      '-c --config': 'read',
      '-R --ruleset -p --plugins': 'load',
      '-v -q': 'flag',
    },
    operands: 'read-tree',
  }),
});
