// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import dev.paravirt.toyos.shell.CommandLine.AndOr;
import dev.paravirt.toyos.shell.CommandLine.Command;
import dev.paravirt.toyos.shell.CommandLine.Condition;
import dev.paravirt.toyos.shell.CommandLine.Link;
import dev.paravirt.toyos.shell.CommandLine.Output;
import dev.paravirt.toyos.shell.CommandLine.Pipeline;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Understands a line of the shell's language. */
public final class Parser {
    private final String line;
    private final List<Token> tokens;
    private int at;

    private Parser(String line) throws SyntaxException {
        this.line = line;
        tokens = Tokenizer.tokens(line);
    }

    /** @throws SyntaxException if it is none; nothing of it is to be run then */
    public static CommandLine parse(String line) throws SyntaxException {
        return new Parser(line).commandLine();
    }

    private CommandLine commandLine() throws SyntaxException {
        List<AndOr> lists = new ArrayList<>();
        while (at < tokens.size()) {
            lists.add(andOr());
        }
        return new CommandLine(lists);
    }

    private AndOr andOr() throws SyntaxException {
        int start = tokens.get(at).start();
        List<Link> links = new ArrayList<>();
        links.add(new Link(Condition.ALWAYS, pipeline()));
        while (next("&&") || next("||")) {
            Condition condition = next("&&") ? Condition.AFTER_SUCCESS : Condition.AFTER_FAILURE;
            at++;
            links.add(new Link(condition, pipeline()));
        }
        int end = at < tokens.size() ? tokens.get(at).start() : line.length();
        boolean background = next("&");
        if (background || next(";")) {
            at++;
        }
        return new AndOr(links, background, line.substring(start, end).strip());
    }

    private Pipeline pipeline() throws SyntaxException {
        List<Command> commands = new ArrayList<>();
        commands.add(command());
        while (next("|")) {
            at++;
            commands.add(command());
        }
        return new Pipeline(commands);
    }

    private Command command() throws SyntaxException {
        List<Word> words = new ArrayList<>();
        Word input = null;
        Output output = null;
        Output complaints = null;
        while (at < tokens.size()) {
            Token token = tokens.get(at);
            Word word = token.word();
            if (word != null) {
                words.add(word);
                at++;
            } else if (token.is("<")) {
                input = file(token);
            } else if (token.is(">") || token.is(">>")) {
                output = new Output(file(token), token.is(">>"));
            } else if (token.is("2>") || token.is("2>>")) {
                complaints = new Output(file(token), token.is("2>>"));
            } else {
                break;
            }
        }
        if (words.isEmpty()) {
            throw new SyntaxException(
                    at < tokens.size()
                            ? "a command is missing before " + tokens.get(at).operator()
                            : "a command is missing at the end");
        }
        return new Command(words, input, output, complaints);
    }

    private Word file(Token operator) throws SyntaxException {
        at++;
        Word word = at < tokens.size() ? tokens.get(at).word() : null;
        if (word == null) {
            throw new SyntaxException("the name of a file is missing after " + operator.operator());
        }
        at++;
        return word;
    }

    private boolean next(String operator) {
        @Nullable Token token = at < tokens.size() ? tokens.get(at) : null;
        return token != null && token.is(operator);
    }
}
