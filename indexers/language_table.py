"""The languages as data: how a file of each is recognised, parsed and filtered for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One language. What is matched against (extensions, names, interpreters, aliases) is lower case."""

    name: str
    grammar: str | None = None
    """Grammar name of `indexers.grammars`; None where definitions are not looked for by syntax."""
    queries: tuple[str, ...] = ()
    """Stems of the files in `indexers/queries`; several make one query, in this order."""
    extensions: tuple[str, ...] = ()
    """With the dot."""
    filenames: tuple[str, ...] = ()
    shebangs: tuple[str, ...] = ()
    """Names of interpreters, without version."""
    aliases: tuple[str, ...] = ()
    """Further names for the `lang:` filter, beside `name` and the extensions without dot."""
    separator: str = "."
    """What stands between the parts of a qualified name."""
    scan: str | None = None
    """What finds the definitions where no grammar is, or it cannot read the text (`indexers.definitions.SCANS`)."""
    has_macros: bool = False
    """Whether a preprocessor's macros decorate declarations."""
    is_recovered: bool = False
    """Whether lines and indentation show the structure of a source that does not parse as a whole."""


TABLE: tuple[Language, ...] = (
    Language(
        "python",
        "python",
        ("python",),
        (".py", ".pyi", ".pyw", ".bzl", ".star", ".pxd", ".pyx"),
        ("build", "build.bazel", "workspace", "sconstruct", "sconscript", "wscript", "snakefile", "tiltfile"),
        ("python", "pypy"),
        ("starlark", "cython"),
    ),
    Language(
        "javascript",
        "javascript",
        ("ecmascript", "javascript"),
        (".js", ".mjs", ".cjs", ".jsx"),
        ("jakefile",),
        ("node", "nodejs"),
        ("ecmascript",),
        is_recovered=True,
    ),
    Language(
        "typescript",
        "typescript",
        ("ecmascript", "typescript"),
        (".ts", ".mts", ".cts"),
        (),
        ("deno", "ts-node", "bun"),
        is_recovered=True,
    ),
    Language("tsx", "tsx", ("ecmascript", "typescript"), (".tsx",), is_recovered=True),
    Language("java", "java", ("java",), (".java", ".jav"), is_recovered=True),
    Language("kotlin", "kotlin", ("kotlin",), (".kt", ".kts"), (), ("kotlin",), is_recovered=True),
    Language(
        "scala",
        "scala",
        ("scala",),
        (".scala", ".sc", ".sbt", ".mill"),
        (),
        ("scala", "scala-cli", "amm"),
        is_recovered=True,
    ),
    Language("go", "go", ("go",), (".go",), (), (), ("golang",), is_recovered=True),
    Language("rust", "rust", ("rust",), (".rs",), (), ("rust-script",), (), "::", is_recovered=True),
    Language("c", "c", ("c",), (".c", ".h"), (), ("tcc",), has_macros=True, is_recovered=True),
    Language(
        "cpp",
        "cpp",
        ("c", "cpp"),
        (".cpp", ".cc", ".cxx", ".c++", ".hpp", ".hh", ".hxx", ".h++", ".ipp", ".tpp", ".inl", ".ixx", ".cu", ".cuh"),
        (),
        (),
        ("c++", "cuda", "arduino"),
        "::",
        has_macros=True,
        is_recovered=True,
    ),
    Language("csharp", "csharp", ("csharp",), (".cs", ".csx"), (), (), ("c#", "dotnet"), is_recovered=True),
    Language(
        "ruby",
        "ruby",
        ("ruby",),
        (".rb", ".rake", ".gemspec", ".ru", ".podspec", ".jbuilder", ".rbi", ".thor"),
        ("rakefile", "gemfile", "guardfile", "podfile", "vagrantfile", "brewfile", "capfile", "fastfile", "dangerfile"),
        ("ruby", "jruby", "rake"),
        (),
        "::",
    ),
    Language(
        "php", "php", ("php",), (".php", ".phtml", ".php3", ".php4", ".php5", ".php7", ".phps"), (), ("php",), (), "::"
    ),
    Language("swift", "swift", ("swift",), (".swift",), (), ("swift",), is_recovered=True),
    Language(
        "objc",
        "objc",
        ("objc", "c"),
        (".m", ".mm"),
        (),
        (),
        ("objective-c", "objectivec", "obj-c"),
        has_macros=True,
        is_recovered=True,
    ),
    Language("elixir", "elixir", ("elixir",), (".ex", ".exs"), (), ("elixir",), is_recovered=True),
    Language(
        "erlang",
        "erlang",
        ("erlang",),
        (".erl", ".hrl", ".escript"),
        ("rebar.config",),
        ("escript",),
        (),
        ":",
        is_recovered=True,
    ),
    Language("haskell", "haskell", ("haskell",), (".hs", ".hsc", ".hs-boot"), (), ("runhaskell", "runghc", "stack")),
    Language("ocaml", "ocaml", ("ocaml",), (".ml",), (), ("ocaml", "ocamlrun"), is_recovered=True),
    Language("ocaml_interface", "ocaml_interface", ("ocaml_interface",), (".mli",), is_recovered=True),
    Language("lua", "lua", ("lua",), (".lua", ".rockspec", ".luau"), (), ("lua", "luajit"), is_recovered=True),
    Language(
        "bash",
        "bash",
        ("bash",),
        (".sh", ".bash", ".zsh", ".ksh", ".bats", ".ebuild", ".eclass"),
        (".bashrc", ".bash_profile", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", "pkgbuild"),
        ("bash", "sh", "zsh", "ksh", "dash", "ash", "bats"),
        ("shell", "zsh", "sh"),
        is_recovered=True,
    ),
    Language("zig", "zig", ("zig",), (".zig", ".zon"), is_recovered=True),
    Language("dart", "dart", ("dart",), (".dart",), (), ("dart",), is_recovered=True),
    Language("r", "r", ("r",), (".r", ".rprofile"), (".rprofile",), ("rscript",), is_recovered=True),
    Language("julia", "julia", ("julia",), (".jl",), (), ("julia",), is_recovered=True),
    Language(
        "perl", "perl", ("perl",), (".pl", ".pm", ".t", ".psgi"), ("cpanfile", "makefile.pl"), ("perl",), (), "::"
    ),
    Language("sql", "sql", ("sql",), (".sql", ".ddl", ".dml", ".pgsql", ".psql", ".plsql"), scan="sql"),
    Language("protobuf", "proto", ("protobuf",), (".proto",), (), (), ("protocol-buffers", "proto3")),
    Language("hcl", "hcl", ("hcl",), (".hcl", ".tf", ".tfvars", ".nomad"), (), (), ("terraform",), is_recovered=True),
    Language("css", "css", ("css",), (".css",)),
    Language("html", "html", ("html",), (".html", ".htm", ".xhtml")),
    Language("vue", "html", ("vue",), (".vue",)),
    Language("svelte", "html", ("vue",), (".svelte",)),
    Language(
        "markdown",
        extensions=(".md", ".markdown", ".mdx", ".mdown", ".mkd", ".qmd", ".rmd"),
        separator=" > ",
        scan="markdown",
    ),
    Language("rst", extensions=(".rst", ".rest"), aliases=("restructuredtext",), separator=" > ", scan="rst"),
    Language("pod", extensions=(".pod",), separator=" > ", scan="pod"),
    Language("notebook", extensions=(".ipynb",), aliases=("jupyter",), separator=" > ", scan="notebook"),
    # No definitions from here on: the name alone, for the filter and the results.
    Language("scss", None, (), (".scss", ".sass")),
    Language("less", None, (), (".less",)),
    Language("json", None, (), (".json", ".jsonc", ".json5", ".jsonl", ".ndjson", ".geojson", ".webmanifest")),
    Language("yaml", None, (), (".yaml", ".yml"), (".clang-format", ".clang-tidy"), (), ()),
    Language("toml", None, (), (".toml",), ("pipfile", "cargo.lock", "poetry.lock")),
    Language("xml", None, (), (".xml", ".xsd", ".xsl", ".xslt", ".svg", ".plist", ".csproj", ".vbproj", ".props")),
    Language(
        "ini",
        None,
        (),
        (".ini", ".cfg", ".conf", ".properties", ".desktop", ".service"),
        (".editorconfig", ".gitconfig", ".gitmodules", ".npmrc", ".flake8", ".pylintrc"),
    ),
    Language("dockerfile", None, (), (".dockerfile",), ("dockerfile", "containerfile"), (), ("docker",)),
    Language("make", None, (), (".mk", ".mak", ".make"), ("makefile", "gnumakefile"), ("make",), ("makefile",)),
    Language("cmake", None, (), (".cmake",), ("cmakelists.txt",)),
    Language("groovy", None, (), (".groovy", ".gradle", ".gvy"), ("jenkinsfile",), ("groovy",), ("gradle",)),
    Language("powershell", None, (), (".ps1", ".psm1", ".psd1"), (), ("pwsh", "powershell"), ("pwsh",)),
    Language("batch", None, (), (".bat", ".cmd")),
    Language("fish", None, (), (".fish",), (), ("fish",)),
    Language("nix", None, (), (".nix",)),
    Language("clojure", None, (), (".clj", ".cljs", ".cljc", ".edn", ".bb"), (), ("bb", "clojure")),
    Language("lisp", None, (), (".lisp", ".lsp", ".cl", ".el", ".scm", ".ss", ".rkt"), (".emacs",), ("sbcl", "racket")),
    Language("fsharp", None, (), (".fs", ".fsi", ".fsx"), (), (), ("f#",)),
    Language("visualbasic", None, (), (".vb", ".vbs", ".bas"), (), (), ("vb",)),
    Language("fortran", None, (), (".f", ".f90", ".f95", ".f03", ".f08", ".for")),
    Language("pascal", None, (), (".pas", ".pp", ".dpr")),
    Language("ada", None, (), (".adb", ".ads")),
    Language("assembly", None, (), (".s", ".asm", ".nasm"), (), (), ("asm",)),
    Language("matlab", None, (), (".matlab",), (), ("octave",), ("octave",)),
    Language("nim", None, (), (".nim", ".nims")),
    Language("crystal", None, (), (".cr",), (), ("crystal",)),
    Language("d", None, (), (".d", ".di")),
    Language("verilog", None, (), (".v", ".sv", ".svh", ".vh"), (), (), ("systemverilog",)),
    Language("vhdl", None, (), (".vhd", ".vhdl")),
    Language("solidity", None, (), (".sol",)),
    Language("graphql", None, (), (".graphql", ".gql", ".graphqls")),
    Language("thrift", None, (), (".thrift",)),
    Language("latex", None, (), (".tex", ".sty", ".cls", ".bib"), (), (), ("tex",)),
    Language("asciidoc", None, (), (".adoc", ".asciidoc")),
    Language("org", None, (), (".org",)),
    Language("tcl", None, (), (".tcl",), (), ("tclsh", "wish", "expect")),
    Language("awk", None, (), (".awk",), (), ("awk", "gawk", "mawk")),
    Language("vim", None, (), (".vim",), (".vimrc", "vimrc"), (), ("vimscript", "viml")),
    Language("jinja", None, (), (".j2", ".jinja", ".jinja2"), (), (), ("jinja2",)),
    Language("erb", None, (), (".erb", ".eex", ".heex", ".leex"), (), (), ("eex", "heex")),
    Language("csv", None, (), (".csv", ".tsv")),
    Language("diff", None, (), (".diff", ".patch")),
    Language("text", None, (), (".txt", ".text", ".log"), ("license", "copying", "notice", "authors", "readme")),
)
