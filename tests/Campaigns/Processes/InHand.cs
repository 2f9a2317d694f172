namespace Dapr.Anomaly.Campaigns.Tests.Processes;

/// <summary>What an app has in hand, by the lines "+" (begun) and "-" (ended) that it prints. A killed app has nothing in hand.</summary>
internal sealed class InHand(Work work)
{
    private readonly Lock gate = new();
    private int life;
    private int count;

    public int Count
    {
        get
        {
            lock (gate)
                return count;
        }
    }

    public void Read(int ofLife, string line)
    {
        if (line is not ("+" or "*" or "-"))
            return;
        lock (gate)
        {
            if (ofLife < life)
                return;
            if (ofLife > life)
                (life, count) = (ofLife, 0);
            count += line switch
            {
                "+" => 1,
                "-" => -1,
                _ => 0,
            };
        }
        work.Done();
    }
}
