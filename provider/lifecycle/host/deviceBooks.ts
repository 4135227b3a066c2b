import type { HostDriver, UsbDevice } from "../../driver/contract";

/** What a host tells of devices that guests can be given: asked when the first VM wants one, and again before anything is refused. */
export class DeviceBooks {
  private readonly answers = new Map<string, Promise<unknown>>();

  constructor(private readonly driver: HostDriver) {}

  /** Addresses of its PCI devices; none where it does not tell. */
  async pci({ anew = false } = {}): Promise<readonly string[]> {
    const { devices } = this.driver;
    return devices === undefined ? [] : this.once("pci", () => devices.pci(), anew);
  }

  /** Undefined where it does not tell. */
  async usb({ anew = false } = {}): Promise<readonly UsbDevice[] | undefined> {
    const { devices } = this.driver;
    return devices && this.once("usb", () => devices.usb(), anew);
  }

  /** Whether guests can be given the PCI device, which is there. */
  async isolated(address: string, { anew = false } = {}): Promise<boolean> {
    const { devices } = this.driver;
    return devices === undefined || this.once(`group of ${address}`, () => devices.isolated(address), anew);
  }

  private once<T>(question: string, ask: () => Promise<T>, anew: boolean): Promise<T> {
    const there = anew ? undefined : (this.answers.get(question) as Promise<T> | undefined);
    if (there !== undefined) return there;
    const answer = ask();
    this.answers.set(question, answer);
    answer.catch(() => {
      if (this.answers.get(question) === answer) this.answers.delete(question);
    });
    return answer;
  }
}
