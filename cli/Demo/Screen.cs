using Spectre.Console;

namespace Dapr.Anomaly.Cli.Demo;

/// <summary>
/// What the demo says: one line for each thing that has become true. On a terminal the line of a running training is drawn in place; piped, only
/// whole lines are written.
/// </summary>
public sealed class Screen
{
    private const int BarWidth = 22;
    private const int PipedWidth = 1000;

    private readonly IAnsiConsole _console;
    private bool _drawing;

    public Screen(IAnsiConsole console)
    {
        _console = console;
        // Whoever reads a pipe wants whole lines.
        if (!IsTerminal)
            console.Profile.Width = PipedWidth;
    }

    public bool IsTerminal => _console.Profile.Out.IsTerminal;

    public void Title(string text) => Write($"[bold]{Markup.Escape(text)}[/]");

    public void Fact(string name, string text) => Write($"  {name, -10} [green]●[/] {Markup.Escape(text)}");

    /// <summary>Something that is not there yet, and what it waits for.</summary>
    public void Waiting(string name, string text) => Write($"  {name, -10} [yellow]○[/] {Markup.Escape(text)}");

    /// <summary>Something that fails, why, and what is done about it.</summary>
    public void Failing(string name, string text) => Write($"  {name, -10} [red]✗[/] {Markup.Escape(text)}");

    public void Problem(string text) => Write($"[red]{Markup.Escape(text)}[/]");

    public void Plain(string text) => Write(Markup.Escape(text));

    /// <summary>Draws the bar again on a terminal; writes nothing when piped.</summary>
    public void Progress(string name, int percent, string text)
    {
        if (!IsTerminal)
            return;
        var full = BarWidth * percent / 100;
        lock (_console)
        {
            _console.Write(new ControlCode("\r\u001b[2K"));
            _console.Markup(
                $"  {name, -10} [green]{new string('━', full)}[/][grey]{new string('━', BarWidth - full)}[/] {percent, 3} %  {Markup.Escape(text)}"
            );
            _drawing = true;
        }
    }

    private void Write(string markup)
    {
        lock (_console)
        {
            if (_drawing)
                _console.Write(new ControlCode("\r\u001b[2K"));
            _drawing = false;
            _console.MarkupLine(markup);
        }
    }
}
