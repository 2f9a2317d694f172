using Spectre.Console;

namespace Dapr.Anomaly.Cli.Demo;

/// <summary>What the demo says: one line for each thing that has become true. On a terminal the line of a running training is drawn in place; piped, only whole lines are written.</summary>
public sealed class Screen(IAnsiConsole console)
{
    private const int BarWidth = 22;
    private bool _drawing;

    public bool IsTerminal => console.Profile.Out.IsTerminal;

    public void Title(string text) => Write($"[bold]{Markup.Escape(text)}[/]");

    public void Fact(string name, string text) => Write($"  {name,-10} [green]●[/] {Markup.Escape(text)}");

    public void Problem(string text) => Write($"[red]{Markup.Escape(text)}[/]");

    public void Plain(string text) => Write(Markup.Escape(text));

    /// <summary>Draws the bar again on a terminal; writes nothing when piped.</summary>
    public void Progress(string name, int percent, string text)
    {
        if (!IsTerminal)
            return;
        var full = BarWidth * percent / 100;
        console.Write(new ControlCode("\r\u001b[2K"));
        console.Markup($"  {name,-10} [green]{new string('━', full)}[/][grey]{new string('━', BarWidth - full)}[/] {percent,3} %  {Markup.Escape(text)}");
        _drawing = true;
    }

    private void Write(string markup)
    {
        if (_drawing)
            console.Write(new ControlCode("\r\u001b[2K"));
        _drawing = false;
        console.MarkupLine(markup);
    }
}
