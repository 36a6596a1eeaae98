import { describeFormsOf } from "./key-forms.ts";

describeFormsOf("connector", { bits: 2048, forms: 14 });
