/** The look: ink for what one presses, paper for where one reads; other colours say a status. */
import { Badge, createTheme, type MantineColorsTuple } from "@mantine/core";

const ink: MantineColorsTuple = [
  "#eef4f8",
  "#dce6ee",
  "#b5cbdc",
  "#8bafca",
  "#6897bb",
  "#5288b2",
  "#2f668f",
  "#1d4d70",
  "#163c59",
  "#10263a",
];

export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: 8,
  colors: { ink },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: "700" },
  defaultRadius: "md",
  cursorType: "pointer",
  focusRing: "auto",
  // French reads badly in capitals, and accents get lost.
  components: { Badge: Badge.extend({ styles: { root: { textTransform: "none" } } }) },
});
