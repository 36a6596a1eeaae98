import { describeFormsOf } from "./key-forms.ts";

describeFormsOf("connector3072", { bits: 3072, forms: 10 });
